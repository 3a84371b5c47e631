import { describe, expect, test } from 'bun:test'
import { ChatError } from '../chat/error.ts'
import { App, readerOf } from './pipeline.testing.ts'

const running = (app: App) => app.upstream().endpoint.gauges().running

describe('a permit', () => {
	test('is held until the last event of a stream, not only until the first', async () => {
		await using app = await App.open()
		const response = await app.stream('echo:delay 50 one two')
		const text = response.text()
		await app.clock.asleep(50)
		expect(running(app)).toBe(1)
		app.clock.advance(50)
		await app.clock.asleep(50)
		expect(running(app)).toBe(1)
		app.clock.advance(50)
		expect(await text).toContain('[DONE]')
		expect(running(app)).toBe(0)
	})

	test.each([
		['an answer', 'hi'],
		['a failure before the answer', 'echo:error invalid-request'],
		['a failure during the answer', 'echo:error-after 1 upstream-failed'],
	])('is released after %s', async (_, content) => {
		await using app = await App.open()
		await (await app.chat(content)).text()
		await (await app.stream(content)).text()
		expect(await app.held()).toEqual({ permits: 0, queued: 0, tickets: 0 })
	})

	test('is released when the client disconnects', async () => {
		await using app = await App.open()
		const client = new AbortController()
		const reader = readerOf(await app.stream('echo:hang-after 1', {}, { signal: client.signal }))
		await reader.next()
		expect(running(app)).toBe(1)
		client.abort()
		expect(await app.held()).toEqual({ permits: 0, queued: 0, tickets: 0 })
	})
})

describe('the circuit breaker', () => {
	const breaker = (app: App) => app.upstream().endpoint.breaker.state

	test('counts a failure during the answer', async () => {
		await using app = await App.open()
		for (let call = 0; call < 2; call++) await (await app.stream('echo:error-after 1 upstream-failed')).text()
		expect(breaker(app)).toBe('open')
	})

	test('counts consecutive failures only', async () => {
		await using app = await App.open()
		for (const content of ['echo:error-after 1 upstream-failed', 'hi', 'echo:error-after 1 upstream-failed'])
			await (await app.stream(content)).text()
		expect(breaker(app)).toBe('closed')
	})

	test.each([
		['overload', new ChatError('overloaded', 'Busy.')],
		['an invalid request', new ChatError('invalid-request', 'Wrong.')],
		['a lasting condition', new ChatError('unavailable', 'The key is wrong.', { lasting: true })],
	])('does not count %s', async (_, error) => {
		await using app = await App.open({ retry: { attempts: 1 } })
		app.upstream().refuse(error, error, error)
		for (let call = 0; call < 3; call++) await app.chat('hi')
		expect(breaker(app)).toBe('closed')
	})

	test('does not count clients that disconnect', async () => {
		await using app = await App.open()
		for (let call = 0; call < 3; call++) {
			const client = new AbortController()
			await app.stream('echo:hang-after 1', {}, { signal: client.signal })
			client.abort()
		}
		expect(await app.held()).toEqual({ permits: 0, queued: 0, tickets: 0 })
		expect(breaker(app)).toBe('closed')
	})

	test('closes when the trial begins to answer', async () => {
		await using app = await App.open({ retry: { attempts: 1 } })
		const error = new ChatError('unavailable', 'Gone.')
		app.upstream().refuse(error, error)
		for (let call = 0; call < 2; call++) await app.chat('hi')
		expect(breaker(app)).toBe('open')
		app.clock.advance(1000)
		expect(breaker(app)).toBe('half-open')
		await app.stream('echo:hang-after 1')
		expect(breaker(app)).toBe('closed')
	})
})
