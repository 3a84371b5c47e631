// The configuration file as a schema: every name in it, its default and what it means. Which engines exist comes from their list.

import { z } from 'zod'
import { defaultDialects, dialects } from '../dialects/list.ts'
import { engineKinds } from '../engines/list.ts'
import { modelTypes } from '../models/model.ts'
import { breakerOptions, concurrencyOptions, healthOptions, policyNames, retryOptions } from '../routing/options.ts'
import { logFormats, logLevels } from '../telemetry/log.ts'
import { telemetryOptions } from '../telemetry/options.ts'
import { tokenizers } from '../tokens/tokens.ts'

const name = z.string().min(1).max(200)

const routeEntry = z.strictObject({
	upstream: name.describe('Its name under `upstreams`.'),
	weight: z.number().positive().max(1_000_000).default(1).describe('Its share, for policies that give shares.'),
})

const model = z
	.strictObject({
		type: z.enum(modelTypes).default('text-generation').describe('What the model is for, as GET /v1/models tells it.'),
		aliases: z.array(name).default([]).describe('Other names that clients may ask for.'),
		ownedBy: z.string().default('dragoman').describe("The model's `owned_by` in GET /v1/models."),
		contextTokens: z
			.int()
			.min(1)
			.optional()
			.describe('Longest prompt and answer together, in tokens. The engine tells it where absent.'),
		tokenizer: z
			.enum(tokenizers)
			.default('o200k_base')
			.describe('Vocabulary that counts its tokens where no upstream tells.'),
		route: z
			.array(z.union([name, routeEntry]))
			.min(1)
			.describe('Upstreams that serve the model, by name, or as `{ upstream, weight }`.'),
		policy: z
			.enum(policyNames)
			.default('in-order')
			.describe('How one of several upstreams is chosen; the others are reserves.'),
		retry: retryOptions,
		price: z
			.strictObject({
				input: z.number().min(0).describe('Of prompt tokens.'),
				output: z.number().min(0).describe('Of generated tokens.'),
				cachedInput: z.number().min(0).optional().describe('Of prompt tokens from a cache; as `input` where absent.'),
				currency: z
					.string()
					.regex(/^[A-Z]{3}$/, 'expected a currency code as EUR')
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
	.describe('A place that runs an engine.')

const dialectName = z.enum(dialects.map(({ name }) => name))

const loopback = '127.0.0.1:8080'

export const configSchema = z.strictObject({
	listen: z
		.string()
		.regex(/^(\[[0-9a-fA-F:.]+\]|[^:[\]/\s]+):\d{1,5}$/, 'expected host:port')
		.default(loopback)
		.describe('Address to serve on, as host:port. Port 0 takes a free one.'),
	data: z.string().min(1).default('.dragoman').describe('Folder for the database, model weights and engine libraries.'),
	database: z
		.union([z.literal('sqlite'), z.string().regex(/^postgres(ql)?:\/\/./, 'expected sqlite or postgres://…')])
		.default('sqlite')
		.describe('Where everything is kept: `sqlite` is a file in the data folder, `postgres://…` a PostgreSQL database.'),
	adminKey: z
		.string()
		.min(16)
		.optional()
		.describe('An admin key chosen by the operator, at least 16 characters. None is printed then.'),
	engineFolder: z
		.string()
		.min(1)
		.optional()
		.describe('Folder for engine libraries; `engine` in the data folder where absent.'),
	modelFolder: z
		.string()
		.min(1)
		.optional()
		.describe('Folder for model weights; `models` in the data folder where absent.'),
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
			keepDays: z
				.number()
				.positive()
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
			keepDays: z
				.number()
				.positive()
				.default(90)
				.describe('Single entries are kept for so many days; sums of days for ever.'),
			maxPending: z
				.int()
				.min(1000)
				.default(100_000)
				.describe('How many entries may wait for a database that is away before calls are refused.'),
		})
		.prefault({})
		.describe('The accounts of what was used.'),
	streams: z
		.strictObject({
			keepMs: z
				.int()
				.min(1000)
				.default(600_000)
				.describe('How long a stream that outlives its connection can be read after its end, in milliseconds.'),
			maxBytes: z.int().min(65_536).default(16_777_216).describe('Longest such stream, in bytes.'),
			maxTotalBytes: z.int().min(65_536).default(1_073_741_824).describe('All of them together, in bytes.'),
		})
		.prefault({})
		.describe('Streams that outlive the connection of their client.'),
	limits: z
		.strictObject({
			bodyBytes: z.int().min(1024).max(1_073_741_824).default(33_554_432).describe('Largest request body, in bytes.'),
			bodyTimeoutMs: z.int().min(100).default(30_000).describe('Longest wait for a request body, in milliseconds.'),
			jsonDepth: z.int().min(8).max(1000).default(128).describe('Deepest nesting of a JSON body.'),
			keepAliveMs: z
				.int()
				.min(0)
				.default(15_000)
				.describe('Quiet time after which a stream gets a comment, in milliseconds; 0 for none.'),
			shutdownMs: z
				.int()
				.min(0)
				.max(3_600_000)
				.default(10_000)
				.describe('How long running answers may go on after the signal to stop, in milliseconds.'),
		})
		.prefault({})
		.describe('Bounds on what clients may send.'),
	models: z.record(name, model).default({}).describe('Models by public name. The embedded model where none is named.'),
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
