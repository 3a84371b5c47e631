// The schema of the configuration file: every field, its default and its meaning. The engines come from their list.

import { z } from 'zod'
import { defaultDialects, dialectNames } from '../dialects/names.ts'
import { engineKinds } from '../engines/list.ts'
import { strictnesses } from '../engines/strictness.ts'
import { credentialConflict } from '../engines/upstream/options.ts'
import { bytes, count, tokenCount } from '../fields/amount.ts'
import { days, milliseconds } from '../fields/duration.ts'
import { headerSecret, listenAddress, pathText, secretForm } from '../fields/text.ts'
import { isAddressRange, unixPeer } from '../http/addresses.ts'
import { isHostPattern } from '../http/hosts.ts'
import { labelFault } from '../keys/key.ts'
import { modelCapabilities, modelTypes } from '../routing/model.ts'
import {
	breakerOptions,
	concurrencyOptions,
	discoveryOptions,
	healthOptions,
	policyNames,
	retryOptions,
} from '../routing/options.ts'
import { defaultDatabase, findStoreKind, storeKinds } from '../stores/list.ts'
import { logFormats, logLevels } from '../system/log-level.ts'
import { telemetryOptions } from '../telemetry/options.ts'
import { tokenizers } from '../tokens/tokenizer.ts'
import { keyOptions } from './key-options.ts'
import { limitOptions } from './limit-options.ts'
import { pageOptions } from './page-options.ts'
import { urlOptions } from './url-options.ts'

const databaseSettings = storeKinds.map(({ setting }) => setting)
const databasePattern = new RegExp(`^(${databaseSettings.map(({ pattern }) => pattern).join('|')})$`)

const name = z
	.string()
	.min(1)
	.max(200)
	.refine((given) => labelFault(given) === undefined, { error: ({ input }) => labelFault(String(input)) ?? '' })

const routeEntry = z.strictObject({
	upstream: name.meta({ examples: ['my-upstream'] }).describe('Name of the upstream under `upstreams`.'),
	weight: z.number().positive().max(1_000_000).default(1).describe('Weight, for weighted policies.'),
})

const model = z
	.strictObject({
		type: z.enum(modelTypes).default('text-generation').describe('Type of the model in GET /v1/models.'),
		capabilities: z
			.array(z.enum(modelCapabilities))
			.default([])
			.describe(
				'What the model can do besides text, in GET /v1/models: `images` (reads them), `tools` (calls them), `reasoning` (thinks before it answers). Requests are not checked.',
			),
		aliases: z
			.array(name)
			.default([])
			.describe('Alternative names for requests. `gpt-*` matches all names that begin with `gpt-`, `*` all names.'),
		required: z.boolean().default(false).describe('Whether GET /ready returns 503 while this model is unavailable.'),
		ownedBy: z.string().default('dragoman').describe("The model's `owned_by` in GET /v1/models."),
		contextTokens: tokenCount(1)
			.optional()
			.describe('Maximum length of prompt and response together, in tokens. Default: reported by the engine.'),
		tokenizer: z
			.enum(tokenizers)
			.default('o200k_base')
			.describe('Vocabulary used to count tokens if no upstream reports them.'),
		route: z
			.preprocess((given) => (typeof given === 'string' ? [given] : given), z.array(z.union([name, routeEntry])).min(1))
			.meta({ type: ['array', 'string'], examples: [['my-upstream']] })
			.describe(
				'Upstreams that serve the model, by name or in the form `{ upstream, weight }`; a single name does not need a list.',
			),
		policy: z
			.enum(policyNames)
			.default('in-order')
			.describe('How one of several upstreams is selected; the others are fallbacks.'),
		retry: retryOptions,
		price: z
			.strictObject({
				input: z
					.number()
					.min(0)
					.meta({ examples: [0.1] })
					.describe('Price of prompt tokens.'),
				output: z
					.number()
					.min(0)
					.meta({ examples: [0.4] })
					.describe('Price of generated tokens.'),
				cachedInput: z.number().min(0).optional().describe('Price of cached prompt tokens. Default: same as `input`.'),
				currency: z
					.string()
					.regex(/^[A-Z]{3}$/, {
						error: ({ input }) => `${JSON.stringify(input)} is not an ISO 4217 code, such as EUR`,
					})
					.default('EUR')
					.describe('ISO 4217 code.'),
			})
			.optional()
			.describe('Prices per million tokens.'),
	})
	.describe('A model that requests can name, and the upstreams that serve it.')

const upstreamModel = z
	.string()
	.min(1)
	.optional()
	.describe(
		"The upstream's name for the model, in which `{name}` is the public name and `{rest}` the part that a `*` in it matches. Default: the public name.",
	)

/** Fields of every upstream, whatever its engine. */
const upstreamRouting = {
	strictness: z
		.enum(strictnesses)
		.optional()
		.describe(
			"Which chat requests the upstream gets: with `openai` only those that follow the rules of OpenAI's API, with `upstream` also others, which its server may accept.",
		),
	concurrency: concurrencyOptions.optional(),
	breaker: breakerOptions,
	health: healthOptions.optional(),
	models: discoveryOptions.optional(),
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
	.describe('An upstream, served by an engine.')

const dialectName = z.enum(dialectNames)

const dayMs = 86_400_000

const loopback = '127.0.0.1:8080'

/** In characters. */
export const minAdminKeyLength = 16

/** The value of `models` that selects the built-in embedded model, which is also the default without a file. */
export const embeddedWord = 'embedded'

/** Names of ignored fields at the top level of the file. They contain values shared by anchors. */
export const extension = /^x-/

export const configSchema = z.strictObject({
	listen: listenAddress()
		.default(loopback)
		.describe('Address to serve on: host:port, or `unix:` with the path of a Unix socket. Port 0 selects a free port.'),
	server: z
		.strictObject({
			trustedProxies: z
				.array(
					z
						.string()
						.refine(
							(text) => text === unixPeer || isAddressRange(text),
							'must be an IP address or a CIDR range, such as 10.0.0.0/8 or ::1, or `unix`',
						),
				)
				.default([])
				.describe(
					'Proxies whose `X-Forwarded-For` or `Forwarded` is trusted: IP addresses and CIDR ranges, and `unix` for the peer of a Unix socket.',
				),
			hosts: z
				.array(
					z
						.string()
						.refine(isHostPattern, 'must be a host name without a port, such as chat.example.org or *.example.org'),
				)
				.min(1)
				.optional()
				.describe('Host names that requests may use. `*.example.org` matches any name below `example.org`.'),
			socketMode: z
				.string({ error: 'must be text: write it in quotes, such as "660"' })
				.regex(/^0?[0-7]{3}$/, 'must be the mode of a file as three octal digits, such as "660"')
				.default('660')
				.describe('Mode of the Unix socket. Connecting needs the permission to write.'),
		})
		.prefault({})
		.describe('Proxies, host names and Unix socket of the server.'),
	data: pathText().default('.dragoman').describe('Folder for the database, model weights and engine libraries.'),
	database: secretForm(databasePattern, `must be ${databaseSettings.map(({ form }) => form).join(' or ')}`)
		.superRefine((database, context) => {
			const problem = findStoreKind(database)?.problem(database)
			if (problem !== undefined) context.addIssue({ code: 'custom', message: problem })
		})
		.default(defaultDatabase)
		.describe(`The database: ${databaseSettings.map(({ description }) => description).join(', or ')}.`),
	adminKey: headerSecret(minAdminKeyLength)
		.optional()
		.describe(
			`Admin key chosen by the operator, at least ${minAdminKeyLength} characters. If it is set, none is created and printed.`,
		),
	keys: keyOptions,
	urls: urlOptions,
	engineFolder: pathText().optional().describe('Folder for engine libraries. Default: `engine` in the data folder.'),
	modelFolder: pathText().optional().describe('Folder for model weights. Default: `models` in the data folder.'),
	download: z.boolean().default(true).describe('Whether missing weights and engine libraries are downloaded.'),
	log: z
		.strictObject({
			level: z.enum(logLevels).default('info').describe('Minimum log level.'),
			format: z.enum(logFormats).optional().describe('Log format. Default: `text` on a terminal, otherwise `json`.'),
		})
		.prefault({})
		.describe('The log, which is written to standard error.'),
	telemetry: telemetryOptions,
	history: z
		.strictObject({
			userId: z.boolean().default(false).describe('Whether `user` and `id` of a chat request store a conversation.'),
			keepDays: days()
				.optional()
				.describe('Conversations are deleted this many days after their last turn. Default: never.'),
		})
		.prefault({})
		.describe('Storage of conversations.'),
	dialects: z
		.strictObject({
			v1: dialectName.default(defaultDialects.v1).describe('Dialect below `/v1`.'),
			root: dialectName.default(defaultDialects.root).describe('Dialect for all other paths.'),
		})
		.prefault({})
		.describe('Dialects used on paths that several dialects share, if neither the key nor the client selects one.'),
	ledger: z
		.strictObject({
			durability: z
				.enum(['strict', 'relaxed'])
				.default('strict')
				.describe(
					'`strict`: usage records are on disk before the response is sent. `relaxed`: soon after, so a power failure may lose the most recent ones.',
				),
			keepDays: days()
				.default(90)
				.describe('Days for which individual usage records are stored. Daily totals are stored indefinitely.'),
			maxPending: count('entries', 1000)
				.default(100_000)
				.describe('Usage records that may be pending during a database outage; beyond that, calls are refused.'),
		})
		.prefault({})
		.describe('Usage ledger.'),
	processes: z
		.strictObject({
			deadAfterMs: milliseconds(3000)
				.default(30_000)
				.describe(
					'Time without a heartbeat in the database after which a process counts as dead and the others end its turns, in milliseconds. It beats six times in this time.',
				),
		})
		.prefault({})
		.describe('Processes on the same database.'),
	streams: z
		.strictObject({
			keepMs: milliseconds(1000, 365 * dayMs)
				.default(600_000)
				.describe('How long a resumable stream can be read after its end, in milliseconds.'),
			maxBytes: bytes(65_536).default(16_777_216).describe('Maximum size of a resumable stream, in bytes.'),
			maxTotalBytes: bytes(65_536)
				.default(1_073_741_824)
				.describe('Maximum size of all resumable streams together, in bytes.'),
		})
		.prefault({})
		.describe('Resumable streams, which continue after the client disconnects.'),
	limits: limitOptions,
	page: pageOptions,
	models: z
		.record(name, model)
		.default({})
		.meta({ type: ['object', 'string'], pattern: `^${embeddedWord}$` })
		.describe(
			'Models by public name, or the word `embedded` for the built-in embedded model. The name `gpt-*` is a family: all names that begin with `gpt-`.',
		),
	upstreams: z.record(name, upstream).default({}).describe('Upstreams by a name of your choice.'),
})

type ParsedFile = z.infer<typeof configSchema>

/** An upstream of the file, or the built-in default. */
export type UpstreamConfig = ParsedFile['upstreams'][string] & {
	/** Set for the built-in default only; the file cannot set it. */
	readonly builtIn?: true
}

export type ConfigFile = Omit<ParsedFile, 'upstreams'> & {
	readonly upstreams: Readonly<Record<string, UpstreamConfig>>
}
