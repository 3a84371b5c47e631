// Provider packages of the AI SDK as the configuration sees them.

import { join } from 'node:path'
import { z } from 'zod'
import type { JsonObject } from '../../chat/json.ts'
import { milliseconds } from '../../fields/duration.ts'
import { secretValues } from '../../fields/text.ts'
import type { Engine } from '../engine.ts'
import { type EngineSurroundings, engineKind } from '../kind.ts'
import { defaultTimeouts } from '../upstream/http-upstream.ts'
import { definedOnly } from '../upstream/options.ts'
import { openAiSdk } from './ai-sdk.ts'
import { missingPackage, openProvider } from './provider-package.ts'
import { redactorOf } from './redaction.ts'

const wait = () => milliseconds(10)

const options = z.strictObject({
	package: z
		.string()
		.regex(/^(@[\w.~-]+\/)?[\w~-][\w.~-]*(\/[\w.-]+)*$/, {
			error: ({ input }) => `${JSON.stringify(input)} is not the name of an npm package`,
		})
		.meta({ examples: ['@ai-sdk/cohere'] })
		.describe('npm name of the provider package, as `@ai-sdk/cohere`.'),
	create: z
		.string()
		.min(1)
		.optional()
		.describe('The export that makes a provider; the one whose name begins with `create` where absent.'),
	options: secretValues()
		.default({})
		.describe('What that export is called with: keys, regions, URLs, in the words of the package.'),
	method: z
		.string()
		.min(1)
		.optional()
		.describe('Method of the provider that gives chat models, where it has several, as `chat`.'),
	providerOptions: z
		.record(z.string(), z.record(z.string(), z.json()))
		.optional()
		.describe('`providerOptions` of every call, by provider.'),
	passthrough: z
		.string()
		.min(1)
		.optional()
		.describe('Provider under whose name unknown fields of requests are handed on; they are left out where absent.'),
	timeouts: z
		.strictObject({
			firstByteMs: wait()
				.default(defaultTimeouts.firstByteMs)
				.describe('Until the first part of a stream, or all of an answer that is not streamed.'),
			betweenChunksMs: wait().default(defaultTimeouts.betweenChunksMs).describe('Longest silence within a stream.'),
			totalMs: wait().default(defaultTimeouts.totalMs).describe('Until a stream is complete.'),
		})
		.prefault({})
		.describe('Longest waits for the upstream, in milliseconds.'),
})

/**
 * The engine folder's own packages are replaced when the embedded engine is installed, so these have a folder beside them. The working
 * directory is not looked at: it may be anybody's.
 */
function packageFolders({
	engineFolder,
	configFolder,
}: Pick<EngineSurroundings, 'engineFolder' | 'configFolder'>): readonly string[] {
	return [join(engineFolder, 'packages'), configFolder, import.meta.dir]
}

export const aiSdk = engineKind(options, open, {
	check: async ({ package: name }, surroundings) => missingPackage(name, packageFolders(surroundings)),
})

async function open(given: z.infer<typeof options>, surroundings: EngineSurroundings): Promise<Engine> {
	const { model, log, clock, outOfDescriptors } = surroundings
	const { package: name, create, options, method, providerOptions, passthrough, timeouts } = given
	const named = { package: name, options, ...definedOnly({ create }) }
	const provider = await openProvider(named, packageFolders(surroundings))
	return openAiSdk({
		provider,
		timeouts,
		clock,
		redact: redactorOf(options),
		alarm: (message) => log.error(message),
		outOfDescriptors,
		...definedOnly({ method, passthrough, model }),
		...(providerOptions === undefined ? {} : { providerOptions: providerOptions as Record<string, JsonObject> }),
	})
}
