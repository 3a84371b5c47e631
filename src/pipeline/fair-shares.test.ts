// What callers share, from requests to answers: permits of an upstream, its queue and its circuit breaker.

import { describe, expect, test } from 'bun:test'
import { ChatError } from '../chat/error.ts'
import { App, isPending, quiet } from './pipeline.testing.ts'

const narrow = { upstreams: { a: { concurrency: { limit: 4, queue: 8 } } } }

function hang(app: App, signal: AbortSignal): Promise<Response> {
	return app.chat('echo:hang', {}, { signal })
}

describe('the permits of an upstream', () => {
	test('that one caller holds and waits for are granted to another one as soon as one is free', async () => {
		await using app = await App.open(narrow)
		const clients = Array.from({ length: 13 }, () => new AbortController())
		const answers = clients.map(({ signal }) => hang(app, signal))
		while (app.upstream().endpoint.gauges().waiting < 8) await quiet()
		expect((await answers[12])?.status).toBe(503)
		const polite = app.chat('hello', {}, { as: 'bob' })
		expect(await isPending(polite)).toBe(true)
		expect((await answers[11])?.status).toBe(503)
		clients[0]?.abort()
		expect((await polite).status).toBe(200)
		for (const client of clients) client.abort()
		await Promise.allSettled(answers)
		expect(await app.held()).toMatchObject({ permits: 0, queued: 0 })
	})
})

describe('the circuit breaker', () => {
	const failure = () => new ChatError('upstream-failed', 'Poisoned.', { sent: 'yes' })

	test('that one caller opened is closed for another one', async () => {
		await using app = await App.open({ retry: { attempts: 1 } })
		app.upstream().refuse(failure(), failure())
		for (const status of [502, 502, 503]) expect((await app.chat('hi')).status).toBe(status)
		expect((await app.chat('hi', {}, { as: 'bob' })).status).toBe(200)
		expect((await app.chat('hi')).status).toBe(503)
	})

	test('is open for all if several callers see failures', async () => {
		await using app = await App.open({ retry: { attempts: 1 } })
		app.upstream().refuse(failure(), failure())
		expect((await app.chat('hi')).status).toBe(502)
		expect((await app.chat('hi', {}, { as: 'bob' })).status).toBe(502)
		expect((await app.chat('hi', {}, { as: 'bob' })).status).toBe(503)
	})

	test('is open for all if an upstream cannot be reached', async () => {
		const unreached = new ChatError('unavailable', 'It cannot be reached.', { unreached: true })
		await using app = await App.open({ retry: { attempts: 1 } })
		app.upstream().refuse(unreached, unreached)
		for (let call = 0; call < 2; call++) await app.chat('hi')
		expect((await app.chat('hi', {}, { as: 'bob' })).status).toBe(503)
		expect(app.upstream().received.length).toBe(2)
	})

	test('is not opened for another caller by answers with 503', async () => {
		const unavailable = new ChatError('unavailable', 'Not now.', { sent: 'nothing' })
		await using app = await App.open({ retry: { attempts: 1 } })
		app.upstream().refuse(unavailable, unavailable)
		for (let call = 0; call < 3; call++) await app.chat('hi')
		expect((await app.chat('hi', {}, { as: 'bob' })).status).toBe(200)
	})

	test('does not count a request that failed on another upstream before', async () => {
		await using app = await App.open({ upstreams: { a: {}, b: {} }, retry: { attempts: 2 } })
		for (let request = 0; request < 2; request++) {
			app.upstream('a').refuse(failure())
			app.upstream('b').refuse(failure())
			expect((await app.chat('hi')).status).toBe(502)
		}
		expect(app.upstream('b').endpoint.breaker.state).toBe('closed')
	})

	test('does not count answers that this server cannot store', async () => {
		await using app = await App.open()
		for (let call = 0; call < 3; call++) {
			app.faults.fail('append-to-stream', new ChatError('unavailable', 'The disk is full.', { local: true }))
			await (await app.stream('hi', {}, { headers: { 'x-dragoman-resumable': '1' } })).text()
		}
		expect(app.faults.calls('append-to-stream')).toBeGreaterThan(2)
		expect(app.upstream().endpoint.breaker.state).toBe('closed')
	})

	test('does not count faults of this server', async () => {
		await using app = await App.open({ retry: { attempts: 1 } })
		const local = new ChatError('unavailable', 'No files.', { code: 'out_of_file_descriptors' })
		app.upstream().refuse(local, local, local, new ChatError('internal', 'No memory.', { sent: 'maybe' }))
		for (let call = 0; call < 4; call++) await app.chat('hi')
		expect(app.upstream().endpoint.breaker.state).toBe('closed')
	})
})
