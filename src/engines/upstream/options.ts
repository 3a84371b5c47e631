// Options of every upstream that is reached over HTTP, as the configuration names them.

import { resolve } from 'node:path'
import { z } from 'zod'
import type { JsonObject } from '../../chat/json.ts'
import { bytes } from '../../fields/amount.ts'
import { milliseconds } from '../../fields/duration.ts'
import { headerSecret, headers, httpUrl, pathText, pemText } from '../../fields/text.ts'
import { baseUrlProblem, hasCredentials, isHttpUrl } from '../../http/base-url.ts'
import { Secret } from '../../system/secret.ts'
import type { EngineSurroundings } from '../kind.ts'
import { defaultMaxAnswerBytes, defaultTimeouts, type HttpUpstreamOptions } from './http-upstream.ts'

const wait = () => milliseconds(10)

const timeouts = z
	.strictObject({
		connectMs: wait().default(defaultTimeouts.connectMs).describe('Until the connection stands, TLS included.'),
		firstByteMs: wait()
			.default(defaultTimeouts.firstByteMs)
			.describe("Until the first byte of the answer's body, which for most servers is the first token."),
		betweenChunksMs: wait().default(defaultTimeouts.betweenChunksMs).describe('Longest silence within an answer.'),
		totalMs: wait().default(defaultTimeouts.totalMs).describe('Until the answer is complete.'),
	})
	.prefault({})
	.describe('Longest waits for the upstream, in milliseconds.')

const tls = z
	.strictObject({
		ca: pemText().optional().describe('Certificates, PEM, trusted instead of the system’s; `file:PATH` reads them.'),
		cert: pemText().optional().describe('Our own certificate, PEM, where the upstream asks for one.'),
		key: pemText().optional().describe('The key of our own certificate, PEM.'),
		serverName: z.string().min(1).optional().describe("Name that the upstream's certificate must bear."),
		verify: z.boolean().default(true).describe('False accepts any certificate: for trials only.'),
	})
	.describe('For https URLs.')

const baseUrl = httpUrl().superRefine((url, context) => {
	// What is no URL at all has its own sentence.
	const problem = isHttpUrl(url) ? baseUrlProblem(url) : undefined
	if (problem !== undefined) context.addIssue({ code: 'custom', message: problem })
})

/** To be spread into an engine's own options; engines of one vendor give `url` a default. */
export const httpUpstreamOptions = {
	url: baseUrl
		.meta({ examples: ['http://127.0.0.1:8000/v1'] })
		.describe(
			'Base URL with its version, such as http://host:8000/v1. A query and a user name with password are sent with every request.',
		),
	key: headerSecret().optional().describe('API key of the upstream; may come from the environment or from a file.'),
	headers: headers().optional().describe('Headers sent with every request.'),
	body: z.record(z.string(), z.json()).optional().describe('Fields set in the body of every request.'),
	socket: pathText().optional().describe("Unix socket to connect to instead of the URL's host."),
	tls: tls.optional(),
	timeouts,
	maxAnswerBytes: bytes(1024)
		.default(defaultMaxAnswerBytes)
		.describe('Largest answer that is not streamed, and largest event of one that is, in bytes.'),
}

const schema = z.object(httpUpstreamOptions)

const credentials = z.object({
	url: z.string(),
	key: z.string().optional(),
	headers: z.record(z.string(), z.string()).optional(),
})

/**
 * The field of an upstream that conflicts with the credentials in its `url`, with what to do. Undefined if there is no conflict, and for
 * options that are not an HTTP upstream's.
 */
export function credentialConflict(options: unknown): { readonly field: 'url'; readonly message: string } | undefined {
	const { data } = credentials.safeParse(options)
	if (data === undefined || !hasCredentials(data.url)) return undefined
	const header = Object.keys(data.headers ?? {}).find((name) => name.toLowerCase() === 'authorization')
	const other = header === undefined ? (data.key === undefined ? undefined : '`key`') : `\`headers.${header}\``
	if (other === undefined) return undefined
	return {
		field: 'url',
		message: `the URL has a user name and password, and there is ${other} as well: remove one of them`,
	}
}

/** What an `HttpUpstream` is opened with, and the key, which each wire sends in its own way. */
export function readHttpUpstreamOptions(
	given: z.infer<typeof schema>,
	{ clock, log, configFolder, outOfDescriptors }: EngineSurroundings,
) {
	return {
		url: given.url,
		...(given.key === undefined ? {} : { key: new Secret(given.key) }),
		...(given.headers === undefined ? {} : { headers: given.headers }),
		...(given.body === undefined ? {} : { body: given.body as JsonObject }),
		...(given.socket === undefined ? {} : { unixSocket: resolve(configFolder, given.socket) }),
		...(given.tls === undefined ? {} : { tls: definedOnly(given.tls) }),
		timeouts: given.timeouts,
		maxAnswerBytes: given.maxAnswerBytes,
		clock,
		alarm: (message: string) => log.error(message),
		outOfDescriptors,
	} satisfies Omit<HttpUpstreamOptions, 'wireHeaders'> & { readonly key?: Secret }
}

type Defined<Fields> = { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> }

/** Without the fields that are explicitly undefined, as parsed options have them. */
export function definedOnly<Fields extends object>(fields: Fields): Defined<Fields> {
	return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<Fields>
}
