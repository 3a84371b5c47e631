// The configuration file as a schema: every name in it, its default and what it means. Which engines exist comes from their list.

import { z } from 'zod'
import { defaultDialects, dialects } from '../dialects/list.ts'
import { engineKinds } from '../engines/list.ts'
import { credentialConflict } from '../engines/upstream/options.ts'
import { bytes, count, tokenCount } from '../fields/amount.ts'
import { days, milliseconds } from '../fields/duration.ts'
import { headerSecret, listenAddress, pathText, secretForm } from '../fields/text.ts'
import { isAddressRange } from '../http/addresses.ts'
import { isHostPattern } from '../http/hosts.ts'
import { modelTypes } from '../routing/model.ts'
import { breakerOptions, concurrencyOptions, healthOptions, policyNames, retryOptions } from '../routing/options.ts'
import { databaseUrlProblem } from '../system/database-url.ts'
import { logFormats, logLevels } from '../system/log.ts'
import { telemetryOptions } from '../telemetry/options.ts'
import { tokenizers } from '../tokens/tokenizer.ts'

const name = z.string().min(1).max(200)

const routeEntry = z.strictObject({
	upstream: name.meta({ examples: ['my-upstream'] }).describe('Its name under `upstreams`.'),
	weight: z.number().positive().max(1_000_000).default(1).describe('Its share, for policies that give shares.'),
})

const model = z
	.strictObject({
		type: z.enum(modelTypes).default('text-generation').describe('What the model is for, as GET /v1/models tells it.'),
		aliases: z.array(name).default([]).describe('Other names that clients may ask for.'),
		required: z.boolean().default(false).describe('Whether GET /ready answers 503 while this model cannot answer.'),
		ownedBy: z.string().default('dragoman').describe("The model's `owned_by` in GET /v1/models."),
		contextTokens: tokenCount(1)
			.optional()
			.describe('Longest prompt and answer together, in tokens. The engine tells it where absent.'),
		tokenizer: z
			.enum(tokenizers)
			.default('o200k_base')
			.describe('Vocabulary that counts its tokens where no upstream tells.'),
		route: z
			.preprocess((given) => (typeof given === 'string' ? [given] : given), z.array(z.union([name, routeEntry])).min(1))
			.meta({ type: ['array', 'string'], examples: [['my-upstream']] })
			.describe('Upstreams that serve the model, by name, or as `{ upstream, weight }`; a single name needs no list.'),
		policy: z
			.enum(policyNames)
			.default('in-order')
			.describe('How one of several upstreams is chosen; the others are reserves.'),
		retry: retryOptions,
		price: z
			.strictObject({
				input: z
					.number()
					.min(0)
					.meta({ examples: [0.1] })
					.describe('Of prompt tokens.'),
				output: z
					.number()
					.min(0)
					.meta({ examples: [0.4] })
					.describe('Of generated tokens.'),
				cachedInput: z.number().min(0).optional().describe('Of prompt tokens from a cache; as `input` where absent.'),
				currency: z
					.string()
					.regex(/^[A-Z]{3}$/, {
						error: ({ input }) => `${JSON.stringify(input)} is not an ISO 4217 code, such as EUR`,
					})
					.default('EUR')
					.describe('ISO 4217 code.'),
			})
			.optional()
			.describe('What tokens cost, per million.'),
	})
	.describe('A name that clients ask for, and where it is served.')

const upstreamModel = z
	.string()
	.min(1)
	.optional()
	.describe('What the upstream calls the model; the public name where absent.')

/** What every upstream may have, whatever engine it runs. */
const upstreamRouting = {
	concurrency: concurrencyOptions.optional(),
	breaker: breakerOptions,
	health: healthOptions.optional(),
}

type UpstreamSchema = z.ZodObject<
	{ engine: z.ZodLiteral<string>; model: typeof upstreamModel } & typeof upstreamRouting
>

const [firstUpstream, ...otherUpstreams] = Object.entries(engineKinds).map(
	([engine, { options }]): UpstreamSchema =>
		options.extend({ engine: z.literal(engine), model: upstreamModel, ...upstreamRouting }),
)

const upstream = z
	.discriminatedUnion('engine', [firstUpstream as UpstreamSchema, ...otherUpstreams])
	.superRefine((options, context) => {
		const conflict = credentialConflict(options)
		if (conflict !== undefined) context.addIssue({ code: 'custom', path: [conflict.field], message: conflict.message })
	})
	.describe('A place that runs an engine.')

const dialectName = z.enum(dialects.map(({ name }) => name))

const dayMs = 86_400_000

const loopback = '127.0.0.1:8080'

/** In place of a mapping under `models`: the built-in embedded model is served, as it is without a file. */
export const embeddedWord = 'embedded'

/** Fields at the top of the file with such names are ignored: they hold what anchors share. */
export const extension = /^x-/

export const configSchema = z.strictObject({
	listen: listenAddress().default(loopback).describe('Address to serve on, as host:port. Port 0 takes a free one.'),
	server: z
		.strictObject({
			trustedProxies: z
				.array(z.string().refine(isAddressRange, 'must be an IP address or a CIDR range, such as 10.0.0.0/8 or ::1'))
				.default([])
				.describe('Proxies whose `X-Forwarded-For` or `Forwarded` is believed: addresses and CIDR ranges.'),
			hosts: z
				.array(
					z
						.string()
						.refine(isHostPattern, 'must be a host name without a port, such as chat.example.org or *.example.org'),
				)
				.min(1)
				.optional()
				.describe('Host names that requests may be addressed to; `*.` in front stands for any subdomain.'),
		})
		.prefault({})
		.describe('The network in front of the server.'),
	data: pathText().default('.dragoman').describe('Folder for the database, model weights and engine libraries.'),
	database: secretForm(/^(sqlite|postgres(ql)?:\/\/.+)$/, 'must be sqlite or a URL that begins with postgres://')
		.superRefine((database, context) => {
			const problem = database === 'sqlite' ? undefined : databaseUrlProblem(database)
			if (problem !== undefined) context.addIssue({ code: 'custom', message: problem })
		})
		.default('sqlite')
		.describe('Where everything is kept: `sqlite` is a file in the data folder, `postgres://…` a PostgreSQL database.'),
	adminKey: headerSecret(16)
		.optional()
		.describe('An admin key chosen by the operator, at least 16 characters. None is printed then.'),
	engineFolder: pathText()
		.optional()
		.describe('Folder for engine libraries; `engine` in the data folder where absent.'),
	modelFolder: pathText().optional().describe('Folder for model weights; `models` in the data folder where absent.'),
	download: z.boolean().default(true).describe('Whether missing weights and engine libraries are fetched.'),
	log: z
		.strictObject({
			level: z.enum(logLevels).default('info').describe('Least severe line that is written.'),
			format: z.enum(logFormats).optional().describe('`text` for a terminal, `json` elsewhere, unless said.'),
		})
		.prefault({})
		.describe('The operator log, on standard error.'),
	telemetry: telemetryOptions,
	history: z
		.strictObject({
			albert: z
				.boolean()
				.default(false)
				.describe('Whether `user` and `id` of a chat request keep a conversation, as at Albert API in 2024.'),
			keepDays: days()
				.optional()
				.describe('Conversations are removed this many days after their last turn; never where absent.'),
		})
		.prefault({})
		.describe('What is kept of conversations.'),
	dialects: z
		.strictObject({
			v1: dialectName.default(defaultDialects.v1).describe('Below `/v1`.'),
			root: dialectName.default(defaultDialects.root).describe('Everywhere else.'),
		})
		.prefault({})
		.describe('Which dialect is meant on paths that several share, where neither key nor client says it.'),
	ledger: z
		.strictObject({
			durability: z
				.enum(['strict', 'relaxed'])
				.default('strict')
				.describe(
					'`strict`: on disk before the answer leaves. `relaxed`: soon after, and a power cut may take the last moments.',
				),
			keepDays: days().default(90).describe('Single entries are kept for so many days; sums of days for ever.'),
			maxPending: count('entries', 1000)
				.default(100_000)
				.describe('How many entries may wait for a database that is away before calls are refused.'),
		})
		.prefault({})
		.describe('The accounts of what was used.'),
	streams: z
		.strictObject({
			keepMs: milliseconds(1000, 365 * dayMs)
				.default(600_000)
				.describe('How long a stream that outlives its connection can be read after its end, in milliseconds.'),
			maxBytes: bytes(65_536).default(16_777_216).describe('Longest such stream, in bytes.'),
			maxTotalBytes: bytes(65_536).default(1_073_741_824).describe('All of them together, in bytes.'),
		})
		.prefault({})
		.describe('Streams that outlive the connection of their client.'),
	limits: z
		.strictObject({
			bodyBytes: bytes(1024, 1_073_741_824).default(33_554_432).describe('Largest request body, in bytes.'),
			bodyTimeoutMs: milliseconds(100).default(30_000).describe('Longest wait for a request body, in milliseconds.'),
			jsonDepth: z.int().min(8).max(1000).default(128).describe('Deepest nesting of a JSON body.'),
			keepAliveMs: milliseconds(0)
				.default(15_000)
				.describe('Quiet time after which a stream gets a comment, in milliseconds; 0 for none.'),
			drainMs: milliseconds(0, 3_600_000)
				.default(0)
				.describe(
					'How long requests are still accepted after the signal to stop, while `GET /ready` answers 503, in milliseconds.',
				),
			shutdownMs: milliseconds(0, 3_600_000)
				.default(10_000)
				.describe('How long running answers may go on after the signal to stop, in milliseconds.'),
		})
		.prefault({})
		.describe('Bounds on what clients may send.'),
	models: z
		.record(name, model)
		.default({})
		.meta({ type: ['object', 'string'], pattern: `^${embeddedWord}$` })
		.describe('Models by public name, or the word `embedded` for the built-in embedded model.'),
	upstreams: z.record(name, upstream).default({}).describe('Places that run engines, by a name of yours.'),
})

type ParsedFile = z.infer<typeof configSchema>

/** An upstream of the file, or the built-in default. */
export type UpstreamConfig = ParsedFile['upstreams'][string] & {
	/** Only the built-in default has it; the file cannot set it. */
	readonly builtIn?: true
}

export type ConfigFile = Omit<ParsedFile, 'upstreams'> & {
	readonly upstreams: Readonly<Record<string, UpstreamConfig>>
}
