// A configuration that changes while the server runs: new models appear, running streams continue, and an invalid file
// changes nothing.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
	eventually,
	type FaultTestGateway,
	logLines,
	readAnswer,
	startFaultTestGateway,
	upstreamAt,
} from './gateway.ts'
import { openScriptedUpstream, type ScriptedUpstream } from './scripted-upstream.ts'
import { answerText, chunked, healthy, lastChunk, lastEvents, refuses, streamHead, textEvent } from './scripts.ts'

let upstream: ScriptedUpstream
let gateway: FaultTestGateway

beforeAll(async () => {
	upstream = openScriptedUpstream()
	for (const name of ['old', 'new', 'newer']) upstream.script(name, healthy())
	gateway = await startFaultTestGateway(configOf('old'))
})
afterAll(async () => {
	await gateway.stop()
	upstream.close()
})

/** A model and an upstream for each name. */
function configOf(...names: readonly string[]): object {
	return {
		models: Object.fromEntries(names.map((name) => [name, { route: [name], retry: { attempts: 1 } }])),
		upstreams: Object.fromEntries(
			names.map((name) => [name, upstreamAt(upstream.urlOf(name), { breaker: { failures: 1, openMs: 600_000 } })]),
		),
	}
}

async function change(text: string, signal: 'SIGHUP' | 'none' = 'SIGHUP'): Promise<void> {
	await writeFile(join(gateway.data, 'config.yaml'), text)
	if (signal === 'SIGHUP') process.kill(gateway.pid, signal)
}

function serves(...names: readonly string[]): Promise<true> {
	return eventually(`list of ${names}`, async () => {
		const { data } = (await (await gateway.call('/v1/models')).json()) as { data: readonly { id: string }[] }
		return Bun.deepEquals(
			data.map(({ id }) => id),
			names,
		)
	})
}

test('a model is added and another removed, while a stream of the removed one completes', async () => {
	const gate = Promise.withResolvers<void>()
	upstream.script('old', async (exchange) => {
		await exchange.send(Buffer.concat([Buffer.from(streamHead), chunked(textEvent('before'))]))
		await gate.promise
		await exchange.send(Buffer.concat([chunked(textEvent(' after') + lastEvents), Buffer.from(lastChunk)]))
	})
	const running = await gateway.open('old')
	await change(JSON.stringify(configOf('new')))
	await serves('new')
	expect((await gateway.send('new')).text).toBe(answerText)
	expect(await gateway.send('old')).toMatchObject({ status: 404, error: { code: 'model_not_found' } })
	expect(upstream.requestsTo('old')[0]?.left).toBe(false)
	// Longer than an idle upstream is retained: the stream retains it.
	await Bun.sleep(1500)
	gate.resolve()
	const answer = await readAnswer(running)
	expect(answer).toMatchObject({ text: 'before after', error: undefined })
	expect(answer.data.at(-1)).toBe('[DONE]')
})

test('a changed file is read without a signal', async () => {
	await change(JSON.stringify(configOf('new', 'newer')), 'none')
	await serves('new', 'newer')
	expect((await gateway.send('newer')).text).toBe(answerText)
})

test('an unchanged upstream retains its state', async () => {
	upstream.script('newer', refuses(500, 'oops'))
	await gateway.send('newer')
	const breaker = async () => (await gateway.metrics()).get('dragoman_upstream_breaker{upstream="newer"}')
	expect(await breaker()).toBe(2)
	upstream.script('old', healthy())
	await change(JSON.stringify(configOf('new', 'newer', 'old')))
	await serves('new', 'newer', 'old')
	expect(await breaker()).toBe(2)
})

const unusable: readonly (readonly [string, () => string, RegExp])[] = [
	['is no YAML', () => 'models: [', /config\.yaml/],
	['names an unknown field', () => JSON.stringify({ ...configOf('new'), modles: {} }), /modles/],
	['routes to nowhere', () => JSON.stringify({ models: { a: { route: ['nowhere'] } } }), /nowhere/],
	['is empty of sense', () => JSON.stringify({ models: { a: { route: [] } } }), /route/],
]
for (const [name, text, reason] of unusable)
	test(`a file that ${name} changes nothing, and the log has the reason`, async () => {
		const rejections = () => logLines(gateway).filter(({ msg }) => String(msg).includes('configuration rejected'))
		const before = rejections().length
		await change(text())
		await eventually('complaint', () => rejections().length > before)
		expect(String(rejections().at(-1)?.reason)).toMatch(reason)
		await serves('new', 'newer', 'old')
		expect((await gateway.send('new')).text).toBe(answerText)
	})

test('a field that needs a restart is reported', async () => {
	await change(JSON.stringify({ ...configOf('new'), listen: '127.0.0.1:1' }))
	await serves('new')
	// The command line overrides the file, so `listen` did not change.
	expect(logLines(gateway).filter(({ fields }) => Array.isArray(fields) && fields.includes('listen'))).toEqual([])
	await change(JSON.stringify({ ...configOf('old'), limits: { shutdownMs: 1 } }))
	await serves('old')
	await eventually('line that names the field', () =>
		logLines(gateway).some(({ fields }) => Bun.deepEquals(fields, ['limits'])),
	)
})
