// Makes the head of a request wrong: its method, its path, its query and its headers.

import type { FuzzedRequest } from './fuzzed-request.ts'
import { pick } from './text-mutation.ts'

type Random = () => number

const methods = [
	'GET',
	'HEAD',
	'POST',
	'PUT',
	'PATCH',
	'DELETE',
	'OPTIONS',
	'TRACE',
	'CONNECT',
	'get',
	'QUERY',
	'X'.repeat(32),
]

const segments = [
	'.',
	'..',
	'%2e%2e',
	'%2f',
	'%5c',
	'%00',
	'%0a',
	'%ff',
	'%E2%80%AE',
	'%',
	'%zz',
	'',
	';a=b',
	'é',
	'\\',
	'*',
	' ',
]

const parameterValues = [
	'-1',
	'0',
	'1e9',
	'101',
	'2147483648',
	'9007199254740993',
	'999999999999999999999999',
	'-9223372036854775809',
	'NaN',
	'Infinity',
	'true',
	'null',
	'',
	'%00',
	'%ff',
	'%F0%9F%92%A5',
	'%ED%A0%80',
	'%25',
	'..%2F..',
	"'%20OR%201=1--",
	'%25%25',
	'_',
	'__proto__',
	'2026-13-45',
	'0000-01-01T00:00:00Z',
	'9999-12-31T23:59:59.999+14:00',
	'99999-01-01',
	'-1e308',
	'asc',
	'desc',
	'a'.repeat(3000),
] as const

const parameterNames = [
	'after',
	'after_id',
	'before_id',
	'branch',
	'bucket_width',
	'date_from',
	'date_to',
	'end_time',
	'endpoint',
	'ending_before',
	'exclude',
	'group_by',
	'include',
	'include[]',
	'limit',
	'metadata[a]',
	'metadata[__proto__]',
	'model',
	'model_vendor',
	'nice',
	'offset',
	'order',
	'order_by',
	'order_direction',
	'page',
	'search',
	'start_time',
	'starting_after',
	'stream',
	'user',
	'__proto__',
	'constructor',
	'',
] as const

/** Headers that the server, or a server in front of it, reads. */
const headerNames = [
	'accept',
	'accept-encoding',
	'accept-language',
	'anthropic-beta',
	'anthropic-version',
	'connection',
	'content-type',
	'cookie',
	'expect',
	'forwarded',
	'host',
	'idempotency-key',
	'if-none-match',
	'last-event-id',
	'openai-organization',
	'openai-project',
	'origin',
	'range',
	'sec-fetch-site',
	'sec-websocket-key',
	'sec-websocket-version',
	'traceparent',
	'tracestate',
	'upgrade',
	'user-agent',
	'x-dragoman-conflict',
	'x-dragoman-conversation',
	'x-dragoman-message',
	'x-dragoman-parent',
	'x-dragoman-resumable',
	'x-dragoman-stream',
	'x-dragoman-truncation',
	'x-forwarded-for',
	'x-forwarded-host',
	'x-forwarded-proto',
	'x-http-method-override',
	'x-original-url',
	'x-request-id',
	'x-selected-account-id',
	'x-stainless-retry-count',
] as const

const headerValues = [
	'',
	'0',
	'-1',
	'true',
	'none',
	'null',
	'*',
	'a'.repeat(4000),
	'a,'.repeat(500),
	'é',
	'ÿ',
	'💥',
	'close',
	'keep-alive, upgrade',
	'websocket',
	'upgrade',
	'100-continue',
	'bytes=0-1,2-3,-5',
	'bytes=9999999999999999999-',
	'127.0.0.1',
	'::1, 10.0.0.1, unknown',
	'for="[::1]:x";proto=https',
	'conv_00000000000000000000000000000000',
	'00-00000000000000000000000000000000-0000000000000000-ff',
	'2023-06-01',
	'__proto__',
	'../../etc/passwd',
	'"',
	'\t x \t',
] as const

/** Header lines that are not valid. */
const brokenHeaders = [
	['x y', 'a'],
	['', 'a'],
	['x\u0000', 'a'],
	['x', 'a\u0000b'],
	['x', 'a\rb'],
	['x', 'a\n b'],
	['content-length', '5'],
	['content-length', '-1'],
	['content-length', '1e3'],
	['transfer-encoding', 'gzip, chunked'],
	['transfer-encoding', 'chunked'],
	['host', 'a, b'],
	['content-type', 'text/plain'],
] as const

const changes: readonly ((request: FuzzedRequest, random: Random, ids: readonly string[]) => FuzzedRequest)[] = [
	(request, random) => ({ ...request, method: pick(methods, random) }),
	(request, random) => ({ ...request, target: changePath(request.target, random, pick(segments, random)) }),
	(request, random, ids) => ({ ...request, target: changePath(request.target, random, pick([...ids, 'x'], random)) }),
	(request, random) => ({
		...request,
		target: request.target.replace('/', pick(['//', '/./', '/%2e/', '/x/', ''], random)),
	}),
	(request, random) => ({
		...request,
		target: `${request.target}${pick(['/', '//', '/.', '%', '?', '#', '?#a', '%20', ' x'], random)}`,
	}),
	(request, random) => ({ ...request, target: `http://${pick(['x', 'a@b', '[::1]', ''], random)}${request.target}` }),
	(request, random, ids) => withParameters(request, random, ids),
	(request, random, ids) => withParameters(request, random, ids),
	(request, random, ids) => withParameters(withParameters(request, random, ids), random, ids),
	(request, random, ids) => withHeader(request, [pick(headerNames, random), pick([...headerValues, ...ids], random)]),
	(request, random, ids) => withHeader(request, [pick(headerNames, random), pick([...headerValues, ...ids], random)]),
	(request, random, ids) => {
		const one = withHeader(request, [pick(headerNames, random), pick([...headerValues, ...ids], random)])
		return withHeader(one, [pick(headerNames, random), pick([...headerValues, ...ids], random)])
	},
	(request, random) => ({ ...request, headers: [...request.headers, pick(brokenHeaders, random)] }),
	(request, random) => ({ ...request, headers: request.headers.filter(() => random() < 0.6) }),
	(request, random) => ({ ...request, framing: random() < 0.05 ? 'short' : 'chunked' }),
	(request, random) => ({
		...request,
		headers: [
			...request.headers,
			...Array.from({ length: pick([50, 210], random) }, (_, at) => [`x-${at}`, 'a'] as const),
		],
	}),
]

/** One change of the head. @param ids of objects that exist. */
export function mutateHead(request: FuzzedRequest, random: Random, ids: readonly string[]): FuzzedRequest {
	return pick(changes, random)(request, random, ids)
}

/** Replaces a segment of the path, or adds one. */
function changePath(target: string, random: Random, segment: string): string {
	const [path = '', ...query] = target.split('?')
	const parts = path.split('/')
	const at = 1 + Math.floor(random() * parts.length)
	return [parts.toSpliced(at, random() < 0.5 ? 1 : 0, segment).join('/'), ...query].join('?')
}

function withParameters(request: FuzzedRequest, random: Random, ids: readonly string[]): FuzzedRequest {
	const count = 1 + Math.floor(random() * 3)
	const added = Array.from(
		{ length: count },
		() => `${encodeURIComponent(pick(parameterNames, random))}=${pick([...parameterValues, ...ids], random)}`,
	)
	return { ...request, target: `${request.target}${request.target.includes('?') ? '&' : '?'}${added.join('&')}` }
}

/** The header instead of those with its name. */
export function withHeader(request: FuzzedRequest, header: readonly [string, string]): FuzzedRequest {
	return { ...request, headers: [...request.headers.filter(([name]) => name !== header[0]), header] }
}
