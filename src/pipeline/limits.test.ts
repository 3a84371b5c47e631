import { describe, expect, test } from 'bun:test'
import { ChatError } from '../chat/error.ts'
import { MemoryLimiter } from '../limits/memory-limiter.testing.ts'
import { App, type AppOptions, errorOf, isPending, quiet, readerOf } from './pipeline.testing.ts'

const fresh = { 'x-dragoman-conversation': 'new' }

function countDeltas(text: string): number {
	return text.match(/"content":"\s?\w/g)?.length ?? 0
}

async function openLimited(amount = 100, options: AppOptions = {}, step = 4) {
	const limiter = new MemoryLimiter({ amount, step })
	const app = await App.open({ ...options, handler: { limiter } })
	return { app, limiter }
}

describe('a call under a limit', () => {
	test('reserves for its caller before it reaches its upstream, and returns the rest', async () => {
		const { app, limiter } = await openLimited()
		await using _ = app
		expect((await app.chat('one two', { max_tokens: 3, n: 2 })).status).toBe(200)
		expect(limiter.calls).toMatchObject([
			{ owner: 'alice', tenant: 'default', model: 'echo', operation: 'chat', maxTokens: 3, choices: 2 },
		])
		expect([limiter.used, limiter.reserved]).toEqual([4, 0])
	})

	test('that is not allowed is refused without an upstream and without a usage record', async () => {
		const { app, limiter } = await openLimited(3)
		await using _ = app
		const response = await app.chat('one two', {}, { headers: fresh })
		expect(response.status).toBe(429)
		expect((await errorOf(response)).message).toContain('limit')
		expect(app.upstream().received).toEqual([])
		expect(await app.usageRecords()).toEqual([])
		expect(await app.turnStates()).toEqual([])
		expect(await app.held()).toEqual({ permits: 0, queued: 0, tickets: 0 })
		expect([limiter.used, limiter.reserved]).toEqual([0, 0])
	})
})

describe('a stream under a limit', () => {
	test('extends its reservation before it sends more than was reserved', async () => {
		const { app, limiter } = await openLimited()
		await using _ = app
		const reader = readerOf(await app.stream('echo:hang-after 6'))
		for (let text = ''; text.split('"content":"').length < 7; ) text += await reader.next()
		expect([limiter.extensions, limiter.reserved, limiter.used]).toEqual([[8], 8, 0])
	})

	test('settles what it used', async () => {
		const { app, limiter } = await openLimited()
		await using _ = app
		await (await app.stream('echo:repeat 10 word')).text()
		expect([limiter.extensions, limiter.reserved, limiter.used]).toEqual([[8, 12], 0, 10])
	})

	test('that cannot extend ends with the error of the limit, and is billed for what it sent', async () => {
		const { app, limiter } = await openLimited(8)
		await using _ = app
		const text = await (await app.stream('echo:repeat 20 word', {}, { headers: fresh })).text()
		expect(text.match(/"content":"\s?word"/g)?.length).toBe(8)
		expect(text).toContain('rate_limit')
		expect(app.faults.calls('write-extension')).toBe(1)
		expect(await app.usageRecords()).toMatchObject([{ outcome: 'failed', completionTokens: 8, upstream: 'a' }])
		expect(await app.turnStates()).toEqual(['failed'])
		expect([limiter.reserved, limiter.used]).toEqual([0, 8])
		expect(app.upstream().endpoint.breaker.state).toBe('closed')
	})

	test('sends more than was reserved only once the extension is on disk', async () => {
		const { app, limiter } = await openLimited()
		await using _ = app
		const release = app.faults.hold('write-extension')
		const reader = readerOf(await app.stream('echo:hang-after 6'))
		let text = ''
		for (; countDeltas(text) < 4; ) text += await reader.next()
		const next = reader.next()
		expect(await isPending(next)).toBe(true)
		expect([countDeltas(text), limiter.extensions, app.faults.calls('write-extension')]).toEqual([4, [8], 1])
		expect(await app.journal()).toContain('"reservedTokens":4}}')
		expect(await app.journal()).not.toContain('"extend"')
		release()
		for (text += await next; countDeltas(text) < 6; ) text += await reader.next()
		expect(await app.journal()).toMatch(/"extend":"\w+","reservedTokens":8,/)
	})

	test('whose extension cannot be written ends with that error and is settled once, without fault of its upstream', async () => {
		const { app, limiter } = await openLimited()
		await using _ = app
		const failure = new ChatError('unavailable', 'Usage could not be recorded.', { retryAfterMs: 1000 })
		// As many as open a breaker.
		for (const failures of [1, 2]) {
			app.faults.fail('write-extension', failure)
			const text = await (await app.stream('echo:repeat 20 word', {}, { headers: fresh })).text()
			expect(countDeltas(text)).toBe(4)
			expect(text).toContain('Usage could not be recorded.')
			expect(text.match(/"error"/g)?.length).toBe(1)
			expect(app.faults.calls('write-settlement')).toBe(failures)
		}
		const failed = { outcome: 'failed', completionTokens: 4, upstream: 'a' }
		expect(await app.usageRecords()).toMatchObject([failed, failed])
		expect(await app.turnStates()).toEqual(['failed', 'failed'])
		expect([limiter.reserved, limiter.used]).toEqual([0, 8])
		expect(app.upstream().ended).toBe(2)
		expect(app.upstream().endpoint.breaker.state).toBe('closed')
		expect(await app.held()).toEqual({ permits: 0, queued: 0, tickets: 0 })
	})

	test('that cannot extend fails as a unary answer, too', async () => {
		const { app, limiter } = await openLimited(8)
		await using _ = app
		expect((await app.chat('echo:repeat 20 word')).status).toBe(429)
		expect(await app.usageRecords()).toMatchObject([{ outcome: 'failed', completionTokens: 8 }])
		expect([limiter.reserved, limiter.used]).toEqual([0, 8])
	})
})

test('without a limiter the journal has no reservations, and no stream waits for one', async () => {
	await using app = await App.open()
	const release = app.faults.hold('write-extension')
	await (await app.stream('echo:repeat 20 word')).text()
	release()
	expect(app.faults.calls('write-extension')).toBe(0)
	const journal = await app.journal()
	expect(journal).toContain('"open"')
	expect(journal).not.toMatch(/extend|reserved/)
})

test('a limiter that does not count output tokens has no reservations in the journal', async () => {
	const { app } = await openLimited(Number.POSITIVE_INFINITY, {}, Number.POSITIVE_INFINITY)
	await using _ = app
	await (await app.stream('echo:repeat 20 word')).text()
	expect(await app.journal()).not.toMatch(/extend|reserved/)
	expect(await app.usageRecords()).toMatchObject([{ outcome: 'completed', completionTokens: 20 }])
})

describe('the rest of a reservation is returned', () => {
	const refusal = new ChatError('invalid-request', 'no')
	const exits: Readonly<Record<string, (app: App) => Promise<unknown>>> = {
		async 'if every upstream refuses'(app) {
			app.upstream().refuse(refusal)
			expect((await app.chat('hi')).status).toBe(400)
		},
		'if the answer fails': async (app) => (await app.stream('echo:error-after 1 upstream-failed')).text(),
		'if a unary answer fails': (app) => app.chat('echo:error-after 1 upstream-failed'),
		async 'if the client disconnects'(app) {
			const client = new AbortController()
			await app.stream('echo:hang-after 1', {}, { signal: client.signal })
			client.abort()
		},
		async 'if the client disconnects while its extension is written'(app) {
			const client = new AbortController()
			const release = app.faults.hold('write-extension')
			const reader = readerOf(await app.stream('echo:hang-after 6', {}, { signal: client.signal }))
			for (let text = ''; countDeltas(text) < 4; ) text += await reader.next()
			const next = reader.next().catch(() => undefined)
			await quiet()
			client.abort()
			await quiet()
			release()
			await next
			expect(await app.usageRecords()).toMatchObject([{ outcome: 'cancelled', completionTokens: 4 }])
		},
		async 'if the ledger is full'(app) {
			app.faults.fail('open-ticket', new ChatError('unavailable', 'full'))
			expect((await app.chat('hi')).status).toBe(503)
		},
		async 'if the beginning of the call cannot be stored'(app) {
			app.faults.fail('write-opening')
			await (await app.stream('hi')).text()
		},
		async 'if the end of the call cannot be stored'(app) {
			app.faults.fail('write-settlement')
			expect((await app.chat('hi')).status).toBe(503)
		},
		async 'if a conversation does not allow the turn'(app) {
			app.faults.fail('begin-turn', new ChatError('conflict', 'no'))
			await app.chat('hi', {}, { headers: { ...fresh, 'x-dragoman-conflict': 'refuse' } })
		},
		async 'after embeddings'(app) {
			expect((await app.post('/v1/embeddings', { model: 'echo', input: 'a b' })).status).toBe(200)
		},
		'after a resumable stream': async (app) =>
			(await app.stream('hi', {}, { headers: { 'x-dragoman-resumable': '1' } })).text(),
		async 'after a background response'(app) {
			const body = { model: 'echo', input: 'hi', background: true }
			expect((await app.post('/v1/responses', body)).status).toBe(200)
		},
		async 'if a background response cannot be stored'(app) {
			app.faults.fail('begin-turn')
			expect((await app.post('/v1/responses', { model: 'echo', input: 'hi', background: true })).status).toBe(500)
		},
	}
	for (const [exit, leave] of Object.entries(exits))
		test(exit, async () => {
			const { app, limiter } = await openLimited()
			await using _ = app
			await leave(app)
			expect(await app.held()).toEqual({ permits: 0, queued: 0, tickets: 0 })
			expect([limiter.calls.length, limiter.reserved]).toEqual([1, 0])
		})
})
