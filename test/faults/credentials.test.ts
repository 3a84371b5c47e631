// Keys do not leak: the upstream's is sent to the upstream only, and the client's to us only, whatever is sent and
// however an upstream repeats what it was sent.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type Answer, type FaultTestGateway, startFaultTestGateway, upstreamAt } from './gateway.ts'
import { type Exchange, openScriptedUpstream, type Script, type ScriptedUpstream } from './scripted-upstream.ts'
import {
	answers,
	chunked,
	completionText,
	head,
	healthy,
	lastChunk,
	streamHead,
	textEvent,
	wantsStream,
} from './scripts.ts'

const upstreamKey = 'sk-upstream-4f9b2c71d8e64a05'
/** What clients may send and no upstream may see. */
const clientSecrets: Readonly<Record<string, string>> = {
	cookie: 'session=client-cookie',
	'proxy-authorization': 'Basic client-proxy',
	'x-api-key': 'client-x-api-key',
	'api-key': 'client-api-key',
	'openai-organization': 'client-organization',
	'openai-project': 'client-project',
	'x-forwarded-for': 'client-address',
	forwarded: 'for=client-forwarded',
	'x-real-ip': 'client-real-ip',
	referer: 'http://client-referer/',
	origin: 'http://client-origin',
	'user-agent': 'client-agent',
	'x-custom': 'client-custom',
}
/** All headers that an upstream receives. */
const allowedHeaders: ReadonlySet<string> = new Set([
	'host',
	'content-type',
	'content-length',
	'accept',
	'accept-encoding',
	'authorization',
	'connection',
	'user-agent',
	'x-request-id',
	'traceparent',
	'tracestate',
])
/** Headers of upstreams that are none of the client's business. */
const upstreamSecrets: Readonly<Record<string, string>> = {
	'set-cookie': 'session=upstream-cookie',
	'x-upstream-key': upstreamKey,
	'www-authenticate': `Bearer realm="${upstreamKey}"`,
	'openai-organization': 'upstream-organization',
	server: 'upstream-server',
}

function repeats(status: number): Script {
	return (exchange) => {
		const error = {
			message: `Incorrect key: ${keyOf(exchange)}`,
			type: `t ${keyOf(exchange)}`,
			param: null,
			code: keyOf(exchange),
		}
		return answers(status, JSON.stringify({ error }), upstreamSecrets)(exchange)
	}
}

/** As received, so that the upstream does not depend on the test's expectation. */
function keyOf({ request }: Exchange): string {
	return request.headers.get('authorization')?.slice('Bearer '.length) ?? ''
}

function repeatsInEvent(before: string): Script {
	return (exchange) => {
		const error = JSON.stringify({ error: { message: `no such key ${keyOf(exchange)}`, code: keyOf(exchange) } })
		if (!wantsStream(exchange)) return answers(200, error)(exchange)
		return exchange.send(
			Buffer.concat([Buffer.from(streamHead), chunked(`${before}data: ${error}\n\n`), Buffer.from(lastChunk)]),
		)
	}
}

const scripts: Readonly<Record<string, Script>> = {
	...Object.fromEntries(
		[307, 400, 401, 403, 404, 408, 413, 422, 429, 500, 503, 529].map((status) => [String(status), repeats(status)]),
	),
	text: (exchange) => answers(500, `key ${keyOf(exchange)} is wrong`)(exchange),
	garbage: (exchange) => exchange.send(`${head(200, {})}garbage ${keyOf(exchange)}`).then(() => exchange.end()),
	event: repeatsInEvent(''),
	'event-later': repeatsInEvent(textEvent('one')),
	'not-http': (exchange) => exchange.send(`${keyOf(exchange)}\r\n\r\n`),
	healthy: healthy(),
	'healthy-with-headers': (exchange) => answers(200, completionText(), upstreamSecrets)(exchange),
}

let upstream: ScriptedUpstream
let gateway: FaultTestGateway
const received: Answer[] = []

beforeAll(async () => {
	upstream = openScriptedUpstream()
	const names = Object.keys(scripts)
	for (const [name, script] of Object.entries(scripts)) upstream.script(name, script)
	gateway = await startFaultTestGateway({
		log: { level: 'trace' },
		telemetry: { content: true },
		models: Object.fromEntries(names.map((name) => [name, { route: [name], retry: { attempts: 1 } }])),
		upstreams: Object.fromEntries(
			names.map((name) => [name, upstreamAt(upstream.urlOf(name), { key: upstreamKey, breaker: { failures: 100 } })]),
		),
	})
	for (const name of names)
		for (const stream of [false, true]) {
			const answer = await gateway.send(name, { stream, headers: clientSecrets })
			await gateway.lineOf(answer.requestId)
			received.push(answer)
		}
}, 30_000)
afterAll(async () => {
	await gateway.stop()
	upstream.close()
})

const perName = Object.keys(scripts).flatMap((name, at) => [
	{ name: `${name}, whole`, of: () => received[2 * at] },
	{ name: `${name}, streamed`, of: () => received[2 * at + 1] },
])

describe("the upstream's key does not reach the client", () => {
	for (const { name, of } of perName)
		test(name, () => {
			const answer = of()
			expect(new TextDecoder().decode(answer?.body)).not.toContain(upstreamKey)
			const headers = JSON.stringify([...(answer?.headers ?? [])])
			for (const secret of Object.values(upstreamSecrets)) expect(headers).not.toContain(secret)
		})
})

test("the upstream's key does not reach the log", () => {
	const lines = gateway.log().split('\n')
	expect(lines.filter((line) => line.includes(upstreamKey))).toEqual([])
	expect(gateway.output()).not.toContain(upstreamKey)
})

test("the client's key does not reach the log", () => {
	expect(gateway.log()).not.toContain(gateway.key)
	for (const secret of Object.values(clientSecrets)) expect(gateway.log()).not.toContain(secret)
})

test('the upstream received its own key, and nothing about the client', () => {
	const request = Object.keys(scripts).flatMap((name) => upstream.requestsTo(name))
	expect(request).toHaveLength(received.length)
	for (const { headers, body, path } of request) {
		expect(headers.get('authorization')).toBe(`Bearer ${upstreamKey}`)
		expect([...headers.keys()].filter((name) => !allowedHeaders.has(name))).toEqual([])
		const all = `${path}\n${JSON.stringify([...headers])}\n${body}`
		expect(all).not.toContain(gateway.key)
		for (const secret of Object.values(clientSecrets)) expect(all).not.toContain(secret)
	}
})
