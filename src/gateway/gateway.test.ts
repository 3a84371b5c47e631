import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { existsSync, rmSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isPending, json, readerOf } from '../pipeline/pipeline.testing.ts'
import { rejection } from '../system/rejection.testing.ts'
import { TestFolder } from './gateway.testing.ts'

// Usage of interrupted answers is counted, and loading a vocabulary takes seconds on a busy machine.
setDefaultTimeout(60_000)

const echo = `
models: { echo: { route: [local], tokenizer: cl100k_base } }
upstreams: { local: { engine: echo } }
`

describe('a gateway', () => {
	test('answers, and retains keys, conversations and usage over a restart', async () => {
		await using folder = await TestFolder.create()
		const first = await folder.open(echo)
		const response = await first.fetch('/v1/responses', { body: { model: 'echo', input: 'hello' } })
		expect(response.status).toBe(200)
		const { id } = await json<{ readonly id: string }>(response)
		await first.close()
		const second = await folder.open(echo)
		expect((await second.gateway.keys.list()).map(({ name }) => name)).toEqual(['alice'])
		expect(await json<object>(await second.fetch(`/v1/responses/${id}`))).toMatchObject({ status: 'completed' })
		expect(await (await second.fetch('/opengatellm/v1/me/usage')).text()).toContain('"echo"')
	})

	test('leaves no journal after an orderly end', async () => {
		await using folder = await TestFolder.create()
		const gateway = await folder.open(echo)
		await gateway.chat('hello')
		const journal = join(folder.path, 'data', 'journal')
		expect((await readdir(journal)).length).toBeGreaterThan(0)
		await gateway.close()
		expect(await readdir(journal)).toEqual([])
	})

	test('accepts the configured admin key, which is not in the database', async () => {
		await using folder = await TestFolder.create()
		const gateway = await folder.open(`${echo}\nadminKey: an-admin-key-of-the-operator`)
		const response = await gateway.fetch('/opengatellm/v1/me', { key: 'an-admin-key-of-the-operator' })
		expect(response.status).toBe(200)
		expect((await gateway.fetch('/opengatellm/v1/me', { key: 'another-key-of-the-operator' })).status).toBe(401)
		expect(await gateway.gateway.keys.list()).toEqual([])
	})

	test('serves its web page', async () => {
		await using folder = await TestFolder.create()
		const gateway = await folder.open(echo)
		const document = await (await gateway.fetch('/')).text()
		const [, script] = /src="\.(\/page\/main-\w+\.js)"/.exec(document) ?? []
		expect((await gateway.fetch(script ?? '')).headers.get('content-type')).toBe('text/javascript; charset=utf-8')
		expect((await gateway.fetch('/favicon.ico')).status).toBe(200)
	})

	test('reports a missing data folder', async () => {
		await using folder = await TestFolder.create()
		const { gateway } = await folder.open(echo)
		rmSync(join(folder.path, 'data'), { recursive: true })
		const { status, checks } = await gateway.readiness()
		expect(status).toBe('failed')
		expect(checks.disk).toEqual({ ok: false, reason: 'the data folder does not exist' })
	})

	test('that cannot open leaves nothing open: a corrected configuration opens', async () => {
		await using folder = await TestFolder.create()
		const wrong = `
models: { echo: { route: [local, bad] } }
upstreams:
  local: { engine: echo }
  bad: { engine: ai-sdk, package: no-such-package-anywhere }
`
		expect((await rejection(folder.open(wrong))).message).toContain('upstreams.bad')
		expect((await (await folder.open(echo)).chat('hello')).status).toBe(200)
	})
})

describe('a stored stream', () => {
	const stream = { stream: true }

	test('is deleted with the response that it belongs to', async () => {
		await using folder = await TestFolder.create()
		const gateway = await folder.open(echo)
		const body = { model: 'echo', input: 'hello', background: true, ...stream }
		const response = await gateway.fetch('/v1/responses', { body })
		await response.text()
		const id = response.headers.get('x-dragoman-stream') ?? ''
		const file = join(folder.path, 'data', 'streams', `${id}.stream`)
		expect(existsSync(file)).toBe(true)
		expect((await gateway.fetch(`/v1/responses/resp_${id}`, { method: 'DELETE' })).status).toBe(200)
		expect(existsSync(file)).toBe(false)
	})

	test('is deleted with its conversation, or with all conversations of its caller', async () => {
		await using folder = await TestFolder.create()
		const gateway = await folder.open(echo)
		for (const path of ['one', 'all']) {
			const body = { model: 'echo', input: 'hello', background: true, ...stream }
			const created = await json<{ readonly id: string }>(await gateway.fetch('/v1/conversations', { body: {} }))
			const response = await gateway.fetch('/v1/responses', { body: { ...body, conversation: created.id } })
			await response.text()
			const file = join(folder.path, 'data', 'streams', `${response.headers.get('x-dragoman-stream')}.stream`)
			expect(existsSync(file)).toBe(true)
			const target = path === 'one' ? `/v1/conversations/${created.id}` : '/v1/conversations'
			expect((await gateway.fetch(target, { method: 'DELETE' })).status).toBe(200)
			expect(existsSync(file)).toBe(false)
		}
	})
})

describe('a reload', () => {
	test('serves the new models, and continues streams of removed upstreams', async () => {
		await using folder = await TestFolder.create()
		const gateway = await folder.open(echo)
		const text = (await gateway.chat('echo:delay 50 one two', { stream: true })).text()
		await folder.clock.asleep(50)
		const { config } = await folder.settings(`
models: { other: { route: [remote] } }
upstreams: { remote: { engine: echo } }
page: { name: Chat, notice: { fr: Bonjour }, recommended: [other, echo] }
`)
		await gateway.gateway.reload(config)
		expect(await json<object>(await gateway.fetch('/v1/page'))).toEqual({
			...{ object: 'page', name: 'Chat', notice: { fr: 'Bonjour' }, recommended: ['other'] },
		})
		expect(gateway.gateway.models.map(({ name }) => name)).toEqual(['other'])
		expect((await gateway.chat('hello')).status).toBe(404)
		expect((await gateway.chat('hello', { model: 'other' })).status).toBe(200)
		while (await isPending(text)) folder.clock.advance(50)
		expect(await text).toContain('[DONE]')
	})
})

describe('an interruption', () => {
	test('ends streams with an error, and unary answers with a failure', async () => {
		await using folder = await TestFolder.create()
		const gateway = await folder.open(echo)
		const reader = readerOf(await gateway.chat('echo:hang-after 1', { stream: true }))
		await reader.next()
		const [last, unary] = [reader.next(), gateway.chat('echo:hang')]
		expect(await isPending(unary)).toBe(true)
		await gateway.gateway.interrupt()
		expect(await last).toContain('The server is closing.')
		expect((await unary).status).toBe(503)
	})

	test('ends the background tasks of a stream whose upstream hangs', async () => {
		await using folder = await TestFolder.create()
		const gateway = await folder.open(echo)
		const reader = readerOf(await gateway.chat('echo:hang-after 1', { stream: true }))
		for (let text = ''; !text.includes('"word"'); ) text += await reader.next()
		const last = reader.next()
		await gateway.gateway.interrupt()
		await gateway.gateway.idle()
		expect(await last).toContain('The server is closing.')
	})

	test('ends answers without a client, and closing waits until they are stored', async () => {
		await using folder = await TestFolder.create()
		const gateway = await folder.open(echo)
		const body = { model: 'echo', input: 'echo:hang-after 1', background: true, stream: true }
		const response = await gateway.fetch('/v1/responses', { body })
		const reader = readerOf(response)
		for (let text = ''; !text.includes('"delta":"word"'); ) text += await reader.next()
		await gateway.close()
		const again = await folder.open(echo)
		const stored = await again.fetch(`/v1/responses/resp_${response.headers.get('x-dragoman-stream')}`)
		expect(await json<object>(stored)).toMatchObject({ status: 'failed', output: [{ content: [{ text: 'word' }] }] })
	})
})

test('usage includes the newest calls, although the clock has not advanced', async () => {
	await using folder = await TestFolder.create()
	const gateway = await folder.open(echo)
	await gateway.chat('hello')
	expect(await (await gateway.fetch('/opengatellm/v1/me/usage')).text()).toContain('"echo"')
	await gateway.chat('hello')
	const day = Math.floor(folder.clock.now() / 86_400_000) * 86_400
	const usage = await gateway.fetch(`/v1/organization/usage/completions?start_time=${day}`)
	expect(await usage.text()).toContain('"num_model_requests":2')
})

test('metrics count the requests of this process', async () => {
	await using folder = await TestFolder.create()
	const gateway = await folder.open(echo)
	await gateway.chat('hello')
	const requests = (await gateway.gateway.metrics()).find(({ name }) => name === 'dragoman_requests_total')
	expect(requests?.samples).toMatchObject([{ value: 1 }])
	expect(await (await gateway.fetch('/metrics')).text()).toContain('model="echo"')
})
