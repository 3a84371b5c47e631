import { describe, expect, test } from 'bun:test'
import { ChatError, type ChatErrorDetails, type ChatErrorKind } from '../chat/error.ts'
import { App, contentOf, isPending } from './pipeline.testing.ts'

const free = { permits: 0, queued: 0, tickets: 0 }

function failure(kind: ChatErrorKind, details: ChatErrorDetails = {}): ChatError {
	return new ChatError(kind, `The upstream failed with '${kind}'.`, details)
}

const two = { upstreams: { a: {}, b: {} } }

function received(app: App): readonly number[] {
	return [app.upstream('a').received.length, app.upstream('b').received.length]
}

describe('a failure before the answer begins', () => {
	test('that proves that nothing was sent is retried on the next upstream', async () => {
		await using app = await App.open({ ...two, retry: { unsure: false } })
		app.upstream('a').refuse(failure('unavailable'))
		const response = await app.chat('hi')
		expect(await contentOf(response)).toBe('hi')
		expect(received(app)).toEqual([1, 1])
		expect(await app.usageRecords()).toMatchObject([{ upstream: 'b', outcome: 'completed' }])
		expect(app.requests.at(-1)).toMatchObject({
			upstream: 'b',
			attempts: [{ upstream: 'a', error: 'unavailable' }, { upstream: 'b' }],
		})
		expect(await app.held()).toEqual(free)
	})

	test.each(['maybe', 'yes'] as const)(
		'is not retried if the request was sent (%s) and the configuration forbids doubt',
		async (sent) => {
			await using app = await App.open({ ...two, retry: { unsure: false } })
			app.upstream('a').refuse(failure('upstream-failed', { sent }))
			expect((await app.chat('hi')).status).toBe(502)
			expect(received(app)).toEqual([1, 0])
			expect(await app.held()).toEqual(free)
		},
	)

	test('is retried in doubt if the configuration permits it', async () => {
		await using app = await App.open({ ...two, retry: { unsure: true } })
		app.upstream('a').refuse(failure('upstream-failed', { sent: 'maybe' }))
		expect((await app.chat('hi')).status).toBe(200)
		expect(received(app)).toEqual([1, 1])
	})

	test('that is the fault of the request is not retried', async () => {
		await using app = await App.open(two)
		app.upstream('a').refuse(failure('invalid-request'))
		expect((await app.chat('hi')).status).toBe(400)
		expect(received(app)).toEqual([1, 0])
	})

	test('is not retried more often than configured, and the most informative failure is reported', async () => {
		await using app = await App.open({ ...two, retry: { attempts: 2 } })
		app.upstream('a').refuse(failure('rate-limited'))
		app.upstream('b').refuse(failure('unavailable'))
		expect((await app.chat('hi')).status).toBe(429)
		expect(received(app)).toEqual([1, 1])
		expect(await app.usageRecords()).toMatchObject([{ outcome: 'failed', source: 'none' }])
		expect(await app.held()).toEqual(free)
	})
})

test('a failure after the first event is not retried', async () => {
	await using app = await App.open(two)
	const text = await (await app.stream('echo:error-after 1 unavailable')).text()
	expect(text).toContain('"error"')
	expect(received(app)).toEqual([1, 0])
})

describe('a retry on the same upstream', () => {
	test('comes after every other upstream, and waits', async () => {
		await using app = await App.open(two)
		app.upstream('a').refuse(failure('overloaded'))
		app.upstream('b').refuse(failure('overloaded'))
		const response = app.chat('hi')
		await app.clock.asleep(125)
		expect(received(app)).toEqual([1, 1])
		app.clock.advance(124)
		expect(await isPending(response)).toBe(true)
		app.clock.advance(1)
		expect((await response).status).toBe(200)
		expect(received(app)).toEqual([2, 1])
	})

	test('waits as long as the upstream requests', async () => {
		await using app = await App.open()
		app.upstream().refuse(failure('rate-limited', { retryAfterMs: 1500 }))
		const response = app.chat('hi')
		await app.clock.asleep(1500)
		app.clock.advance(1500)
		expect((await response).status).toBe(200)
	})

	test('is not made if the upstream requests a longer delay than the maximum', async () => {
		await using app = await App.open()
		app.upstream().refuse(failure('rate-limited', { retryAfterMs: 60_000 }))
		const response = await app.chat('hi')
		expect(response.status).toBe(429)
		expect(response.headers.get('retry-after')).toBe('60')
		expect(app.upstream().received.length).toBe(1)
		expect(await app.held()).toEqual(free)
	})

	test('is not made after the time limit of the request', async () => {
		await using app = await App.open({ retry: { totalMs: 100 } })
		app.upstream().refuse(failure('overloaded'))
		expect((await app.chat('hi')).status).toBe(503)
		expect(app.upstream().received.length).toBe(1)
	})

	test('is not made if the client disconnects during the pause', async () => {
		await using app = await App.open()
		app.upstream().refuse(failure('overloaded'))
		const client = new AbortController()
		const response = app.chat('hi', {}, { signal: client.signal })
		await app.clock.asleep(125)
		client.abort()
		await response
		expect(app.upstream().received.length).toBe(1)
		expect(await app.held()).toEqual(free)
		expect(await app.usageRecords()).toMatchObject([{ outcome: 'cancelled' }])
	})

	test.each([
		['a timeout', failure('upstream-timeout')],
		['a lasting failure', failure('unavailable', { lasting: true })],
	])('is not made after %s', async (_, error) => {
		await using app = await App.open()
		app.upstream().refuse(error)
		expect((await app.chat('hi')).status).toBeGreaterThanOrEqual(500)
		expect(app.upstream().received.length).toBe(1)
	})
})

describe('a max_tokens that an upstream rejects', () => {
	const tooLarge = (fittingTokens?: number) =>
		failure('invalid-request', { param: 'max_tokens', code: 'invalid_value', fittingTokens })
	const sentLimits = (app: App, name = 'a') =>
		app.upstream(name).received.map((request): unknown => JSON.parse(request).maxTokens)

	test.each([
		['unary', false],
		['streamed', true],
	])('is replaced once by what fits, on the same upstream, and reported (%s)', async (_, stream) => {
		await using app = await App.open({ ...two, retry: { attempts: 1 } })
		app.upstream('a').refuse(tooLarge(15_309))
		const fields = { max_tokens: 32_000 }
		const response = stream ? await app.stream('hi', fields) : await app.chat('hi', fields)
		expect(response.status).toBe(200)
		expect(await response.text()).toContain('hi')
		expect(response.headers.get('x-dragoman-dropped')).toBe('max_tokens')
		expect(sentLimits(app)).toEqual([32_000, 15_309])
		expect(received(app)).toEqual([2, 0])
		expect(await app.usageRecords()).toMatchObject([{ upstream: 'a', outcome: 'completed' }])
		expect(app.requests.at(-1)).toMatchObject({
			attempts: [{ upstream: 'a', error: 'invalid-request' }, { upstream: 'a' }],
		})
		expect(app.upstream('a').endpoint.breaker.state).toBe('closed')
		expect(await app.held()).toEqual(free)
	})

	test('of a request without one, such as the default of the upstream, is limited as well', async () => {
		await using app = await App.open()
		app.upstream().refuse(tooLarge(1))
		expect((await app.chat('hi')).status).toBe(200)
		expect(sentLimits(app)).toEqual([undefined, 1])
	})

	test('is never raised', async () => {
		await using app = await App.open()
		app.upstream().refuse(tooLarge(100))
		expect((await app.chat('hi', { max_tokens: 7 })).status).toBe(200)
		expect(sentLimits(app)).toEqual([7, 7])
	})

	test('is an error that names the field if the second request is rejected too', async () => {
		await using app = await App.open(two)
		app.upstream('a').refuse(tooLarge(900), tooLarge(800), tooLarge(700))
		const response = await app.chat('hi', { max_tokens: 1000 })
		expect(response.status).toBe(400)
		expect(await response.json()).toMatchObject({ error: { param: 'max_tokens', code: 'invalid_value' } })
		expect(received(app)).toEqual([2, 0])
		expect(await app.held()).toEqual(free)
	})

	test('is an error if the upstream does not report what fits', async () => {
		await using app = await App.open(two)
		app.upstream('a').refuse(tooLarge())
		const response = await app.chat('hi', { max_tokens: 1000 })
		expect(response.status).toBe(400)
		expect(response.headers.get('x-dragoman-dropped')).toBeNull()
		expect(received(app)).toEqual([1, 0])
	})

	test('keeps the only permit of its upstream for the second request', async () => {
		await using app = await App.open({ upstreams: { a: { concurrency: { limit: 1 } } } })
		app.upstream().refuse(tooLarge(5))
		expect((await app.chat('hi', { max_tokens: 10 })).status).toBe(200)
		expect(app.upstream().endpoint.gauges()).toMatchObject({ running: 0, waiting: 0 })
		expect(await app.held()).toEqual(free)
	})

	test('fails over with the original value if the second request finds the upstream down', async () => {
		await using app = await App.open(two)
		app.upstream('a').refuse(tooLarge(5), failure('unavailable'))
		expect((await app.chat('hi', { max_tokens: 10 })).status).toBe(200)
		expect([sentLimits(app), sentLimits(app, 'b')]).toEqual([[10, 5], [10]])
	})
})

describe('an upstream with an open circuit breaker', () => {
	test('is skipped, and used again when the breaker admits a trial', async () => {
		await using app = await App.open(two)
		app.upstream('a').refuse(failure('unavailable'), failure('unavailable'))
		await app.chat('hi')
		await app.chat('hi')
		expect(received(app)).toEqual([2, 2])
		await app.chat('hi')
		expect(received(app)).toEqual([2, 3])
		app.clock.advance(1000)
		await app.chat('hi')
		expect(received(app)).toEqual([3, 3])
		expect(app.upstream('a').endpoint.breaker.state).toBe('closed')
	})

	test('is not retried after the failure that opened it', async () => {
		await using app = await App.open()
		app.upstream().refuse(failure('unavailable'), failure('unavailable'))
		const response = app.chat('hi')
		await app.clock.asleep(125)
		app.clock.advance(125)
		expect((await response).status).toBe(503)
		expect(app.upstream().received.length).toBe(2)
		expect(await app.held()).toEqual(free)
	})

	test('is reported with the time until the next trial if there is no other', async () => {
		await using app = await App.open({ retry: { attempts: 1 } })
		app.upstream().refuse(failure('unavailable'), failure('unavailable'))
		await app.chat('hi')
		await app.chat('hi')
		const response = await app.chat('hi')
		expect(response.status).toBe(503)
		expect(response.headers.get('retry-after-ms')).toBe('1000')
		expect(app.upstream().received.length).toBe(2)
	})
})

describe('an upstream at its concurrency limit', () => {
	const limited = { concurrency: { limit: 1 } }

	test('is passed over for one with a free permit', async () => {
		await using app = await App.open({ upstreams: { a: limited, b: {} } })
		const first = await app.stream('echo:hang-after 1')
		await app.chat('hi')
		expect(received(app)).toEqual([1, 1])
		await first.body?.cancel()
	})

	test('queues the call until a permit is free', async () => {
		await using app = await App.open({ upstreams: { a: limited } })
		const client = new AbortController()
		await app.stream('echo:hang-after 1', {}, { signal: client.signal })
		const waiting = app.chat('hi')
		expect(await isPending(waiting)).toBe(true)
		expect(app.upstream().endpoint.gauges()).toMatchObject({ running: 1, waiting: 1 })
		client.abort()
		expect((await waiting).status).toBe(200)
		expect(await app.held()).toEqual(free)
	})

	test('is not used for a queued client that disconnects', async () => {
		await using app = await App.open({ upstreams: { a: limited } })
		const [running, queued] = [new AbortController(), new AbortController()]
		await app.stream('echo:hang-after 1', {}, { signal: running.signal })
		const waiting = app.chat('hi', {}, { signal: queued.signal })
		expect(await isPending(waiting)).toBe(true)
		queued.abort()
		await waiting
		expect(app.upstream().endpoint.gauges()).toMatchObject({ running: 1, waiting: 0 })
		running.abort()
		expect(await app.held()).toEqual(free)
	})
})

describe('an upstream whose wire cannot express the request', () => {
	const refusal = () => failure('unsupported')

	test('is skipped if another one of the route can', async () => {
		await using app = await App.open({ ...two, retry: { attempts: 1 } })
		app.upstream('a').refuse(refusal())
		expect(await contentOf(await app.chat('hi'))).toBe('hi')
		expect(received(app)).toEqual([1, 1])
		expect(await app.held()).toEqual(free)
	})

	test('is not tried again after the failure of the others', async () => {
		await using app = await App.open({ ...two, retry: { attempts: 2 } })
		app.upstream('a').refuse(refusal())
		app.upstream('b').refuse(failure('overloaded'))
		const response = app.chat('hi')
		await app.clock.asleep(125)
		app.clock.advance(125)
		expect((await response).status).toBe(200)
		expect(received(app)).toEqual([1, 2])
	})

	test('refuses the request if no other one can', async () => {
		await using app = await App.open(two)
		app.upstream('a').refuse(refusal())
		app.upstream('b').refuse(refusal())
		expect((await app.chat('hi')).status).toBe(400)
		expect(received(app)).toEqual([1, 1])
		expect(await app.held()).toEqual(free)
	})

	test('does not refuse the request if another one that may express it is unavailable', async () => {
		await using app = await App.open(two)
		app.upstream('b').endpoint.healthy = false
		app.upstream('a').refuse(refusal())
		expect((await app.chat('hi')).status).toBe(503)
	})

	test('after it received the request ends the call', async () => {
		await using app = await App.open(two)
		app.upstream('a').refuse(failure('unsupported', { sent: 'yes' }))
		expect((await app.chat('hi')).status).toBe(400)
		expect(received(app)).toEqual([1, 0])
	})
})
