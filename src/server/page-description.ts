// GET /v1/page: what the operator says about the service, for the web page and other interfaces. Everyone gets the name and
// the notice, which a sign-in screen shows; a caller with a key also gets the recommended models. It does not know what a
// page looks like.

import type { Received } from '../http/received.ts'
import type { KeyVerifier } from '../keys/key-verifier.ts'
import { authenticate, presentedSecret } from '../pipeline/authenticate.ts'
import type { Deployment } from '../pipeline/deployment.ts'
import { publicNameOf } from '../routing/model.ts'
import type { RequestObserver } from '../telemetry/observer.ts'

export const pagePath = '/v1/page'

export interface PageDescription {
	/** The name of the service, if configured. */
	readonly name?: string | undefined
	/** Markdown by the tag of its language. */
	readonly notice: Readonly<Record<string, string>>
	/** Names or aliases of models, in the operator's order. Some may not exist. */
	readonly recommended: readonly string[]
}

/** The body of the response. */
export interface DescribedPage {
	readonly object: 'page'
	/** Null if none is configured. */
	readonly name: string | null
	readonly notice: Readonly<Record<string, string>>
	/** Ids of listed models, in the operator's order. Empty without a key. */
	readonly recommended: readonly string[]
}

export interface PageContext {
	readonly observer: RequestObserver
	/** Absent if the transport itself authenticates callers. */
	readonly keys: KeyVerifier | undefined
	readonly models: Deployment['models']
}

/** @throws ChatError as `authenticate` if a key is sent that is not valid. */
export async function describePage(
	{ name, notice, recommended }: PageDescription,
	received: Received,
	{ observer, keys, models }: PageContext,
): Promise<DescribedPage> {
	const mayListModels = keys === undefined || presentedSecret(received.headers) !== undefined
	if (mayListModels) await authenticate(received, observer, keys)
	return {
		object: 'page',
		name: name ?? null,
		notice,
		recommended: mayListModels ? listedNames(recommended, models) : [],
	}
}

/** The ids of those that are listed, each once. */
function listedNames(names: readonly string[], { listed }: Deployment['models']): readonly string[] {
	const idOf = new Map(listed.flatMap((model) => model.aliases.map((alias) => [alias, publicNameOf(model)])))
	for (const model of listed) idOf.set(publicNameOf(model), publicNameOf(model))
	return [...new Set(names.flatMap((name) => idOf.get(name) ?? []))]
}
