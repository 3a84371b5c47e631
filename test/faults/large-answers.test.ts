// Streams that are far larger than usual: one that is only passed on leaves the memory of the server as it was, one that is stored or
// repeated at its end has a maximum size.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { eventually, type FaultTestGateway, startFaultTestGateway, upstreamAt } from './gateway.ts'
import { openScriptedUpstream, type Script, type ScriptedUpstream } from './scripted-upstream.ts'
import { chunked, lastChunk, lastEvents, streamHead, textEvent } from './scripts.ts'

const [mib, pieceBytes] = [1_048_576, 65_536]
const answerBytes = 2 * mib
/** The last event of a response repeats its output. */
const tailCharacters = answerBytes + mib
let upstream: ScriptedUpstream
let gateway: FaultTestGateway

/** What the collector of the runtime leaves in memory for a while. */
const memoryMib = 160

/** Streams so much text, with or without usage at the end. */
function floods(bytes: number, reportsUsage: boolean): Script {
	const piece = chunked(textEvent('word '.repeat(pieceBytes / 5)))
	const end = reportsUsage ? lastEvents : `${textEvent('', 'stop')}data: [DONE]\n\n`
	return async (exchange) => {
		await exchange.send(streamHead)
		for (let sent = 0; sent < bytes && !exchange.closed; sent += pieceBytes) await exchange.send(piece)
		await exchange.send(Buffer.concat([chunked(end), Buffer.from(lastChunk)]))
	}
}

beforeAll(async () => {
	upstream = openScriptedUpstream()
	const names = ['reports', 'counts', 'exceeds']
	gateway = await startFaultTestGateway({
		// The request itself is permitted: the answer is what is too large.
		limits: { answerBytes, answerValues: 100_000_000 },
		models: {
			...Object.fromEntries(names.map((name) => [name, { route: [name] }])),
			echo: { route: ['echo'] },
		},
		upstreams: {
			echo: { engine: 'echo' },
			...Object.fromEntries(names.map((name) => [name, upstreamAt(upstream.urlOf(name))])),
		},
	})
})
afterAll(async () => {
	await gateway.stop()
	upstream.close()
})

function residentBytes(): number {
	const [, pages = '0'] = readFileSync(`/proc/${gateway.pid}/statm`, 'utf8').split(' ')
	return Number(pages) * 4096
}

/** Reads an answer without storing it. @returns its size and its end. */
async function drain(response: Response, received: (bytes: number) => void = () => undefined) {
	let [bytes, end] = [0, '']
	const decoder = new TextDecoder()
	for await (const chunk of response.body ?? []) {
		bytes += chunk.byteLength
		end = (end + decoder.decode(chunk)).slice(-tailCharacters)
		received(bytes)
	}
	return { bytes, end }
}

for (const model of ['reports', 'counts'])
	test.skipIf(process.platform !== 'linux')(
		`a stream that is not stored leaves the memory as it was (an upstream that ${model} usage)`,
		async () => {
			upstream.script(model, floods(40 * mib, model === 'reports'), floods(300 * mib, model === 'reports'))
			await drain(await gateway.open(model))
			const before = residentBytes()
			let most = 0
			const { bytes, end } = await drain(await gateway.open(model), () => {
				most = Math.max(most, residentBytes())
			})
			expect(bytes).toBeGreaterThan(300 * mib)
			expect(end).toContain('[DONE]')
			expect((most - before) / mib).toBeLessThan(memoryMib)
		},
		120_000,
	)

const history = { 'x-dragoman-conversation': 'new' }
const chat = { model: 'exceeds', stream: true, messages: [{ role: 'user', content: 'hi' }] }
const anthropic = { ...chat, max_tokens: 10_000 }

describe('a stream that exceeds limits.answerBytes ends with an error that names the limit', () => {
	for (const { name, path, body, headers } of [
		{ name: 'a stored chat', path: '/v1/chat/completions', body: chat, headers: history },
		{ name: 'a stored message of Anthropic', path: '/anthropic/v1/messages', body: anthropic, headers: history },
		{ name: 'a stored chat of Albert', path: '/albert/v1/chat/completions', body: chat, headers: history },
		{
			name: 'a response',
			path: '/v1/responses',
			body: { model: 'exceeds', stream: true, input: 'hi', store: false },
			headers: {},
		},
		{
			name: 'a stored response',
			path: '/v1/responses',
			body: { model: 'exceeds', stream: true, input: 'hi' },
			headers: {},
		},
	])
		test(name, async () => {
			upstream.script('exceeds', floods(50 * mib, true))
			const before = await tokens()
			const response = await gateway.call(path, body, headers)
			const { bytes, end } = await drain(response)
			expect(end).toContain(`exceeds the maximum size of ${answerBytes} bytes`)
			expect(bytes).toBeLessThan(4 * answerBytes)
			const line = await gateway.lineOf(response.headers.get('x-request-id') ?? '')
			expect(line).toMatchObject({ error: 'invalid-request' })
			expect(line.completionTokens).toBeGreaterThan(100_000)
			expect(await eventually('usage', async () => (await tokens()) > before)).toBe(true)
			const metrics = await gateway.metrics()
			expect(metrics.get('dragoman_upstream_breaker{upstream="exceeds"}')).toBe(0)
		}, 60_000)
})

test('a unary answer of many choices with log-probabilities has the same limit', async () => {
	const response = await gateway.call('/v1/chat/completions', {
		model: 'echo',
		n: 128,
		logprobs: true,
		top_logprobs: 20,
		messages: [{ role: 'user', content: 'word '.repeat(1000) }],
	})
	expect(response.status).toBe(400)
	expect(await response.json()).toMatchObject({ error: { code: 'answer_too_large' } })
})

async function tokens(): Promise<number> {
	const metrics = await gateway.metrics()
	return [...metrics].reduce((sum, [name, value]) => (name.startsWith('dragoman_tokens') ? sum + value : sum), 0)
}
