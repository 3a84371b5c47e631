// What a server does with a request between its parsed JSON and the body for an upstream, in process: the bounds, the
// dialect's reader, the estimates of the pipeline, and the writers of all upstream wires.

import { ChatError } from '../../src/chat/error.ts'
import { stringifyJson } from '../../src/chat/json-text.ts'
import type { Call, Route } from '../../src/dialects/dialect.ts'
import type { SampleRequest } from '../../src/dialects/dialect-sample.testing.ts'
import { fieldBounds as fields } from '../../src/dialects/field-bounds.ts'
import { checkJson } from '../../src/http/json-bounds.ts'
import { defaultBounds as bounds } from '../../src/http/request-bounds.ts'
import { checkCall } from '../../src/pipeline/call-bounds.ts'
import { estimatePrompt } from '../../src/pipeline/prompt-estimate.ts'
import { readCall as readByRoute } from '../../src/pipeline/read-call.ts'
import { affinityKey } from '../../src/routing/affinity-key.ts'
import { writeMessageRequest } from '../../src/wire/anthropic/message-request-writer.ts'
import { formOf } from '../../src/wire/gemini/form.ts'
import { writeGenerationRequest } from '../../src/wire/gemini/generation-request-writer.ts'
import { defaultChatRequestForm } from '../../src/wire/openai/chat-request-form.ts'
import { writeChatRequest } from '../../src/wire/openai/chat-request-writer.ts'
import { writeEmbeddingsRequest } from '../../src/wire/openai/embeddings-request-writer.ts'
import { writeTextCompletionRequest } from '../../src/wire/openai/text-completion-request-writer.ts'
import { writeRerankRequest } from '../../src/wire/reranking/rerank-request-writer.ts'
import type { Elements, GrowingField } from './growing-fields.ts'

/** The sample of the route with the grown field. */
export function bodyOf(field: GrowingField, sample: object, n: number, elements: Elements): object {
	const grown = field.grow(n, elements) as Readonly<Record<string, unknown>>
	const [, name] = /^(?:#\w+\.)?(\w+)/.exec(field.path) ?? []
	return name === undefined ? { ...grown, ...sample } : { ...grown, ...sample, [name]: grown[name] }
}

/** @throws ChatError if a bound refuses the body. */
export function checkBounds(body: unknown): void {
	checkJson(body, { bounds, fields, maxDepth: 128 })
}

/** Refused by a bound before the dialect reads it. */
export function isBounded(body: unknown): boolean {
	try {
		checkBounds(body)
		return false
	} catch {
		return true
	}
}

/** Everything up to the upstream's body. Requests that are refused on the way end there. */
export async function serve(route: Route, sample: SampleRequest, body: unknown): Promise<void> {
	try {
		if (!(body instanceof FormData)) checkBounds(body)
		const call = await readCall(route, sample, body)
		checkCall(call, bounds)
		write(call)
	} catch (thrown) {
		if (!(thrown instanceof ChatError)) throw thrown
	}
}

/** The call that the dialect reads. @throws ChatError if it refuses the request. */
export function readCall(route: Route, sample: SampleRequest, body: unknown): Call | Promise<Call> {
	return readByRoute(route, {
		body,
		headers: new Headers(),
		parameters: sample.parameters ?? [],
		query: () => new URLSearchParams(sample.query),
	})
}

/** The call that the dialect reads; undefined if it refuses the request. */
export function readRoute(
	route: Route,
	sample: SampleRequest,
	body: unknown,
): Call | Promise<Call | undefined> | undefined {
	const refused = (thrown: unknown): undefined => {
		if (!(thrown instanceof ChatError)) throw thrown
	}
	try {
		const call = readCall(route, sample, body)
		return call instanceof Promise ? call.catch(refused) : call
	} catch (thrown) {
		return refused(thrown)
	}
}

/** How each upstream's request is written, by its wire. A wire that cannot express the request writes nothing. */
export function writeForUpstreams(call: Call): Readonly<Record<string, () => unknown>> {
	const drop = () => undefined
	const model = 'm'
	const unless = (run: () => unknown) => () => {
		try {
			return run()
		} catch (thrown) {
			if (thrown instanceof ChatError) return undefined
			throw thrown
		}
	}
	switch (call.type) {
		case 'chat':
		case 'count': {
			const { request } = call
			const form = { ...defaultChatRequestForm, systemMessages: 'first', toolFailures: 'prefix' } as const
			return {
				openai: unless(() => writeChatRequest(request, { model, form, stream: true, drop })),
				anthropic: unless(() => writeMessageRequest(request, { model, form: messageForm, stream: true, drop }).body),
				gemini: unless(() => writeGenerationRequest(request, formOf('gemini-3-pro', 'gemini'), drop)),
				'no upstream': unless(() => [affinityKey(request), estimatePrompt(call)]),
			}
		}
		case 'complete':
			return { openai: () => writeTextCompletionRequest(call.request, model, defaultChatRequestForm, true, drop) }
		case 'embed':
			return { openai: () => writeEmbeddingsRequest(call.request, model, 'float') }
		case 'rerank':
			return { openai: () => writeRerankRequest(call.request, model, 'documents') }
		default:
			return {}
	}
}

function write(call: Call): void {
	const dropped: string[] = []
	const drop = (part: string) => dropped.push(part)
	const model = 'm'
	switch (call.type) {
		case 'chat':
		case 'count': {
			const { request } = call
			affinityKey(request)
			estimatePrompt(call)
			const form = { ...defaultChatRequestForm, systemMessages: 'first', toolFailures: 'prefix' } as const
			attempt(() => stringifyJson(writeChatRequest(request, { model, form, stream: true, drop })))
			attempt(() => writeMessageRequest(request, { model, form: messageForm, stream: true, drop }))
			attempt(() => writeGenerationRequest(request, formOf('gemini-3-pro', 'gemini'), drop))
			break
		}
		case 'complete':
			estimatePrompt(call)
			stringifyJson(writeTextCompletionRequest(call.request, model, defaultChatRequestForm, true, drop))
			break
		case 'embed':
			estimatePrompt(call)
			stringifyJson(writeEmbeddingsRequest(call.request, model, 'float'))
			break
		case 'rerank':
			estimatePrompt(call)
			stringifyJson(writeRerankRequest(call.request, model, 'documents'))
			break
		default:
			break
	}
}

const messageForm = {
	cache: 'auto',
	systemMessages: 'user',
	schemaBounds: 'remove',
	thinking: 'budget',
	maxTokens: 1024,
} as const

/** One wire may refuse what another one can express. */
function attempt(run: () => unknown): void {
	try {
		run()
	} catch (thrown) {
		if (!(thrown instanceof ChatError)) throw thrown
	}
}
