import { describe, expect, test } from 'bun:test'
import { ChatError } from '../chat/error.ts'
import { App, errorOf } from './pipeline.testing.ts'

describe('a key', () => {
	test.each(['authorization', 'x-api-key', 'api-key'])('is accepted in the header %s', async (header) => {
		await using app = await App.open()
		const secret = await app.addKey({ name: 'header', role: 'user' })
		const value = header === 'authorization' ? `Bearer ${secret}` : secret
		const response = await app.chat('hi', {}, { as: 'anonymous', headers: { [header]: value } })
		expect(response.status).toBe(200)
		expect(app.requests.at(-1)?.key).toBe('header')
	})

	test('is required', async () => {
		await using app = await App.open()
		const response = await app.chat('hi', {}, { as: 'anonymous' })
		expect(response.status).toBe(401)
		expect((await errorOf(response)).message).toContain("You didn't provide an API key")
		expect(app.upstream().received).toEqual([])
	})

	test('that is unknown is rejected, and the message masks it', async () => {
		await using app = await App.open()
		const response = await app.chat('hi', {}, { key: 'dgm-0123456789abcdef' })
		expect(response.status).toBe(401)
		const { code, message } = await errorOf(response)
		expect(code).toBe('invalid_api_key')
		expect(message).toContain('dgm-01***ef')
		expect(message).not.toContain('0123456789')
	})

	test('that was revoked is rejected', async () => {
		await using app = await App.open()
		await app.revokeKey('alice')
		const response = await app.chat('hi')
		expect(response.status).toBe(401)
		expect((await errorOf(response)).message).toContain('revoked')
	})

	test('is rejected from the moment that it expires', async () => {
		await using app = await App.open()
		const key = await app.addKey({ name: 'brief', role: 'user', expiresAtMs: app.clock.now() + 1000 })
		app.clock.advance(999)
		expect((await app.chat('hi', {}, { key })).status).toBe(200)
		app.clock.advance(1)
		const response = await app.chat('hi', {}, { key })
		expect(response.status).toBe(401)
		expect((await errorOf(response)).message).toContain('expired')
	})

	test('is not required if the transport authenticates callers', async () => {
		await using app = await App.open({ keys: false, storage: false })
		expect((await app.chat('hi', {}, { as: 'anonymous' })).status).toBe(200)
	})

	test('is looked up again after the key store failed, and the failure is not reported as a wrong key', async () => {
		await using app = await App.open()
		app.faults.fail('find-key', new ChatError('unavailable', 'The database cannot be reached.'))
		expect((await app.chat('hi')).status).toBe(503)
		expect((await app.chat('hi')).status).toBe(200)
	})
})

describe('the body of a request', () => {
	const lengthRead = async (app: App, headers: Readonly<Record<string, string>>) => {
		let reads = 0
		const body = new ReadableStream<Uint8Array>(
			{
				pull(controller) {
					reads++
					controller.enqueue(new TextEncoder().encode('{}'))
					controller.close()
				},
			},
			{ highWaterMark: 0 },
		)
		const response = await app.fetch(
			new Request('http://localhost/v1/chat/completions', { method: 'POST', headers, body }),
		)
		return { status: response.status, reads }
	}

	test('is not read before the caller is known', async () => {
		await using app = await App.open()
		expect(await lengthRead(app, {})).toEqual({ status: 401, reads: 0 })
		const authorization = `Bearer ${await app.addKey({ name: 'reader', role: 'user' })}`
		expect(await lengthRead(app, { authorization })).toEqual({ status: 400, reads: 1 })
	})
})
