import { describe, expect, test } from 'bun:test'
import { App, errorOf, isPending, readerOf } from './pipeline.testing.ts'

const free = { permits: 0, queued: 0, tickets: 0 }

describe('a billed call', () => {
	test('has one usage record with its caller, model, cost and upstream', async () => {
		await using app = await App.open({
			models: { echo: { price: { input: 1_000_000, output: 2_000_000, currency: 'EUR' } } },
		})
		await app.chat('one two three')
		expect(await app.usageRecords()).toMatchObject([
			{
				...{ owner: 'alice', model: 'echo', upstream: 'a', operation: 'chat', dialect: 'openai', outcome: 'completed' },
				...{ promptTokens: 3, completionTokens: 3, costMicros: 9_000_000, currency: 'EUR' },
			},
		])
		expect(await app.usageRecords('bob')).toEqual([])
	})

	test('is refused before it reaches an upstream if too many records wait for the database', async () => {
		await using app = await App.open({ maxPending: 0 })
		const response = await app.chat('hi')
		expect(response.status).toBe(503)
		expect((await errorOf(response)).message).toContain('Usage records cannot be stored')
		expect(app.upstream().received).toEqual([])
	})
})

describe('a stream', () => {
	test('sends its first byte after its opening is on disk, and calls the upstream meanwhile', async () => {
		await using app = await App.open()
		const release = app.faults.hold('write-opening')
		const arrived = app.upstream().nextRequest()
		const response = app.stream('hi')
		await arrived
		while (!(await app.journal()).includes('{"open":')) await Bun.sleep(1)
		expect(await isPending(response)).toBe(true)
		release()
		expect(await (await response).text()).toContain('[DONE]')
	})

	test('has an opening in the journal before its end, so that a crash is billed', async () => {
		await using app = await App.open()
		const reader = readerOf(await app.stream('echo:hang-after 2'))
		await reader.next()
		expect(await app.journal()).toContain('"operation":"chat"')
		expect(await app.journal()).not.toContain('"settle"')
	})

	test('whose opening cannot be written fails, and releases what it holds', async () => {
		await using app = await App.open()
		app.faults.fail('write-opening')
		expect((await app.stream('hi')).status).toBe(500)
		expect(await app.held()).toEqual(free)
		expect(await app.usageRecords()).toMatchObject([{ outcome: 'failed', completionTokens: 0 }])
	})
})

test('a unary call waits for its settlement but not for its opening', async () => {
	await using app = await App.open()
	const release = app.faults.hold('write-opening')
	expect((await app.chat('hi')).status).toBe(200)
	release()
})

test('a call that is not billed has no usage record', async () => {
	await using app = await App.open()
	const messages = [{ role: 'user', content: 'hi' }]
	expect((await app.post('/v1/chat/completions/input_tokens', { model: 'echo', messages })).status).toBe(200)
	expect(await app.usageRecords()).toEqual([])
	expect(app.faults.calls('open-ticket')).toBe(0)
})

test('a server without a ledger answers', async () => {
	await using app = await App.open({ storage: false })
	expect((await app.chat('hi')).status).toBe(200)
	expect(await (await app.stream('hi')).text()).toContain('[DONE]')
})
