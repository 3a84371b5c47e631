// Configuration options shared by all HTTP upstreams.

import { resolve } from 'node:path'
import { z } from 'zod'
import type { JsonObject } from '../../chat/json.ts'
import { bytes } from '../../fields/amount.ts'
import { milliseconds } from '../../fields/duration.ts'
import { headerSecret, headers, httpUrl, pathText, pemText, proxyUrl } from '../../fields/text.ts'
import { hasCredentials } from '../../http/base-url.ts'
import { Secret } from '../../system/secret.ts'
import type { EngineContext } from '../kind.ts'
import { deniedPath } from './body-fields.ts'
import { defaultMaxAnswerBytes, defaultTimeouts, type HttpUpstreamOptions } from './http-upstream-options.ts'
import { chooseProxy } from './proxy-choice.ts'

const wait = () => milliseconds(10)

const timeouts = z
	.strictObject({
		connectMs: wait()
			.default(defaultTimeouts.connectMs)
			.describe('Timeout for the connection, including a proxy and TLS.'),
		firstByteMs: wait()
			.default(defaultTimeouts.firstByteMs)
			.describe('Timeout for the first byte of the response body, which for most servers is the first token.'),
		betweenChunksMs: wait().default(defaultTimeouts.betweenChunksMs).describe('Longest pause within a response.'),
		totalMs: wait().default(defaultTimeouts.totalMs).describe('Timeout for the whole response.'),
	})
	.prefault({})
	.describe('Timeouts of calls to the upstream, in milliseconds.')

const tls = z
	.strictObject({
		ca: pemText()
			.optional()
			.describe('Trusted certificates (PEM), instead of those of the system. `file:PATH` reads them from a file.'),
		cert: pemText().optional().describe('Client certificate (PEM), if the upstream requires one.'),
		key: pemText().optional().describe('Private key of the client certificate (PEM).'),
		serverName: z
			.string()
			.min(1)
			.optional()
			.describe("Host name that the upstream's certificate must match. Default: the host of the URL."),
		verify: z.boolean().default(true).describe('False accepts any certificate. For tests only.'),
	})
	.describe('TLS options, for https URLs.')

/** Without these fields there is no request. */
const neededFields: ReadonlySet<string> = new Set([
	'model',
	'messages',
	'messages[].role',
	'messages[].content',
	'contents',
	'contents[].parts',
	'prompt',
	'input',
	'stream',
])

const deniedField = z
	.string()
	.regex(deniedPath, { error: "a field is named like 'user' or 'messages[].name'" })
	.refine((name) => !neededFields.has(name), { error: 'every request needs this field' })

/** Spread these into an engine's options. Engines for one vendor set a default for `url`. */
export const httpUpstreamOptions = {
	url: httpUrl()
		.meta({ examples: ['http://127.0.0.1:8000/v1'] })
		.describe(
			'Base URL with its version, such as http://host:8000/v1. A query and a user name with password are sent with every request.',
		),
	key: headerSecret()
		.optional()
		.describe('API key of the upstream. May be read from an environment variable or a file.'),
	headers: headers().optional().describe('Headers sent with every request.'),
	body: z.record(z.string(), z.json()).optional().describe('Fields to set in the body of every request.'),
	deny: z
		.array(deniedField)
		.optional()
		.describe(
			'Fields to remove from the body of every request, such as `user` or `messages[].name`. Removed fields are listed in `x-dragoman-dropped`. `body` may set them.',
		),
	socket: pathText().optional().describe("Unix socket to connect to instead of the URL's host."),
	proxy: proxyUrl()
		.optional()
		.describe(
			'HTTP proxy to connect through, such as http://user:password@proxy.example.org:3128, or `none` to connect directly. Default: `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` of the environment.',
		),
	tls: tls.optional(),
	timeouts,
	maxAnswerBytes: bytes(1024)
		.default(defaultMaxAnswerBytes)
		.describe('Maximum size of a unary response, and of one event of a streaming response, in bytes.'),
}

const schema = z.object(httpUpstreamOptions)

const credentials = z.object({
	url: z.string(),
	key: z.string().optional(),
	headers: z.record(z.string(), z.string()).optional(),
})

/**
 * Returns the field of an upstream that conflicts with the credentials in its `url`, and how to fix it. Undefined if
 * there is no conflict, and for options of other kinds of upstreams.
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

/**
 * Converts configuration options to options of `HttpUpstream`, and the key, which each wire format sends differently.
 */
export function readHttpUpstreamOptions(
	given: z.infer<typeof schema>,
	{ clock, log, configFolder, environment, outOfDescriptors }: EngineContext,
) {
	return {
		url: given.url,
		key: given.key === undefined ? undefined : new Secret(given.key),
		headers: given.headers,
		body: given.body as JsonObject | undefined,
		deny: given.deny,
		unixSocket: given.socket === undefined ? undefined : resolve(configFolder, given.socket),
		proxy: chooseProxy(given, environment),
		tls: given.tls,
		timeouts: given.timeouts,
		maxAnswerBytes: given.maxAnswerBytes,
		clock,
		alarm: (message: string) => log.error(message),
		outOfDescriptors,
	} satisfies Omit<HttpUpstreamOptions, 'wireHeaders'> & { readonly key?: Secret }
}
