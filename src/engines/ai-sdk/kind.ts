// Configuration of provider packages of the AI SDK.

import { join } from 'node:path'
import { z } from 'zod'
import type { JsonObject } from '../../chat/json.ts'
import { milliseconds } from '../../fields/duration.ts'
import { noProxyWord, proxyUrl, secretValues } from '../../fields/text.ts'
import { readProxy } from '../../http/proxy.ts'
import type { Engine } from '../engine.ts'
import { type EngineContext, engineKind } from '../kind.ts'
import { defaultTimeouts } from '../upstream/http-upstream-options.ts'
import { missingPackage, openProvider } from './provider-package.ts'
import { openProxiedFetch } from './proxied-fetch.ts'
import { optionRedactor } from './redaction.ts'

const wait = () => milliseconds(10)

const options = z.strictObject({
	package: z
		.string()
		.regex(/^(@[\w.~-]+\/)?[\w~-][\w.~-]*(\/[\w.-]+)*$/, {
			error: ({ input }) => `${JSON.stringify(input)} is not the name of an npm package`,
		})
		.meta({ examples: ['@ai-sdk/cohere'] })
		.describe('npm name of the provider package, such as `@ai-sdk/cohere`.'),
	create: z
		.string()
		.min(1)
		.optional()
		.describe('Export that creates a provider. Default: the one whose name starts with `create`.'),
	options: secretValues()
		.default({})
		.describe("Options for that export, such as keys, regions and URLs, with the package's names."),
	method: z
		.string()
		.min(1)
		.optional()
		.describe('Method of the provider that returns chat models, such as `chat`, if it has several.'),
	providerOptions: z
		.record(z.string(), z.record(z.string(), z.json()))
		.optional()
		.describe('`providerOptions` of every call, by provider name.'),
	passthrough: z
		.string()
		.min(1)
		.optional()
		.describe('Name of the provider to pass unknown fields of requests to. Without it, they are dropped.'),
	proxy: proxyUrl()
		.optional()
		.describe(
			"HTTP proxy for the package's requests by `fetch`, or `none` to connect directly. Default: `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` of the environment.",
		),
	timeouts: z
		.strictObject({
			firstByteMs: wait()
				.default(defaultTimeouts.firstByteMs)
				.describe('Timeout for the first part of a stream, or for a whole unary response.'),
			betweenChunksMs: wait().default(defaultTimeouts.betweenChunksMs).describe('Longest pause within a stream.'),
			totalMs: wait().default(defaultTimeouts.totalMs).describe('Timeout for a whole stream.'),
		})
		.prefault({})
		.describe('Timeouts of calls to the upstream, in milliseconds.'),
})

/**
 * Folders to search for packages. Installing the embedded engine replaces the packages in the engine folder, so
 * provider packages have a separate folder there. The working directory is not searched, because it may not be trusted.
 */
function packageFolders({
	engineFolder,
	configFolder,
}: Pick<EngineContext, 'engineFolder' | 'configFolder'>): readonly string[] {
	return [join(engineFolder, 'packages'), configFolder, import.meta.dir]
}

export const aiSdk = engineKind(options, open, {
	check: async ({ package: name }, context) => missingPackage(name, packageFolders(context)),
})

async function open(given: z.infer<typeof options>, context: EngineContext): Promise<Engine> {
	const { model, log, clock, environment, outOfDescriptors } = context
	const { openAiSdk } = await import('./ai-sdk.ts')
	const { package: name, create, options, method, providerOptions, passthrough, proxy, timeouts } = given
	const provider = await openProvider(
		{ package: name, options: { fetch: openProxiedFetch(proxy, environment), ...options }, create },
		packageFolders(context),
	)
	return openAiSdk({
		provider,
		service: serviceOf(name, options),
		timeouts,
		clock,
		redact: optionRedactor({ ...options, proxySecrets: proxySecrets(proxy) }),
		alarm: (message) => log.error(message),
		outOfDescriptors,
		method,
		passthrough,
		model,
		providerOptions: providerOptions as Record<string, JsonObject> | undefined,
	})
}

function proxySecrets(proxy: string | undefined): readonly string[] {
	return proxy === undefined || proxy === noProxyWord ? [] : readProxy(proxy).secrets
}

/** The host that the package calls, if it is configured, since one package may be used for several. */
function serviceOf(name: string, { baseURL }: Readonly<Record<string, unknown>>): string {
	return typeof baseURL === 'string' && URL.canParse(baseURL) ? new URL(baseURL).host : name
}
