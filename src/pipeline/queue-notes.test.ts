import { describe, expect, test } from 'bun:test'
import { App, type AppOptions, quiet, readerOf } from './pipeline.testing.ts'

const keepAliveMs = 15_000
const limits = { maxBytes: 100_000, timeoutMs: 5000, maxDepth: 20, keepAliveMs }
const narrow = { upstreams: { a: { concurrency: { limit: 1, queue: 8 } } } }
const note = (position: number | 'none') => `: x-dragoman-queue: ${position}\n\n`

function openApp({ handler, ...options }: AppOptions = narrow): Promise<App> {
	return App.open({ ...options, handler: { limits, ...handler } })
}

/** A background response as a stream. */
function begin(app: App, as: 'alice' | 'bob' = 'alice'): Promise<Response> {
	const body = { model: 'echo', input: 'hello', background: true, stream: true }
	return app.post('/v1/responses', body, { as })
}

/** Reads until a chunk ends with `expected`. */
async function readUntil(reader: ReturnType<typeof readerOf>, expected: string): Promise<void> {
	for (let text = await reader.next(); text?.endsWith(expected) !== true; text = await reader.next())
		if (text === undefined) throw new Error(`the stream ended before ${expected}`)
}

async function restOf(reader: ReturnType<typeof readerOf>): Promise<string> {
	let rest = ''
	for (let text = await reader.next(); text !== undefined; text = await reader.next()) rest += text
	return rest
}

describe('a stream whose call waits for an upstream', () => {
	test('says how many requests are ahead, now and later, also to another reader', async () => {
		await using app = await openApp()
		const release = app.upstream().hold()
		const running = app.chat('hello')
		await app.upstream().nextRequest()
		const [first, second] = [await begin(app), await begin(app)]
		const reader = readerOf(second)
		expect(await reader.next()).toBe(note(1))
		const id = second.headers.get('x-dragoman-stream') ?? ''
		for (const path of [`/v1/responses/resp_${id}?stream=true`, `/v1/streams/${id}`])
			expect(await readerOf(await app.get(path)).next()).toBe(note(1))
		release()
		expect((await running).status).toBe(200)
		expect(await restOf(readerOf(first))).toContain('response.completed')
		expect((await restOf(reader)).replaceAll(/: x-dragoman-queue: \w+\n\n/g, '')).toStartWith('event: response.created')
	})

	test('tells a caller with a smaller share that fewer requests are ahead', async () => {
		await using app = await openApp()
		app.upstream().hold()
		void app.chat('hello').catch(() => undefined)
		await app.upstream().nextRequest()
		const streams = [await begin(app), await begin(app), await begin(app, 'bob')]
		const notes = [note(1), note(2), note(0)]
		for (const [index, stream] of streams.entries()) await readUntil(readerOf(stream), notes[index] ?? '')
	})

	test('has no notes in what is stored of it', async () => {
		await using app = await openApp()
		const release = app.upstream().hold()
		const running = app.chat('hello')
		await app.upstream().nextRequest()
		const stream = await begin(app)
		const reader = readerOf(stream)
		expect(await reader.next()).toBe(note(0))
		release()
		await running
		await app.settled()
		const id = stream.headers.get('x-dragoman-stream') ?? ''
		const read = async (query: string) => (await app.get(`/v1/responses/resp_${id}?stream=true${query}`)).text()
		const events = (await read('')).split(/(?<=\n\n)/)
		expect(events[0]).toStartWith('event: response.created')
		expect(await read('&starting_after=0')).toBe(events.slice(1).join(''))
	})

	test('without a background has them once it begins early', async () => {
		await using app = await openApp()
		const release = app.upstream().hold()
		const running = app.chat('hello')
		await app.upstream().nextRequest()
		const pending = app.post('/v1/responses', { model: 'echo', input: 'hello', stream: true })
		await quiet()
		app.clock.advance(keepAliveMs)
		const response = await pending
		const reader = readerOf(response)
		await readUntil(reader, note(0))
		release()
		expect((await running).status).toBe(200)
		expect(await restOf(reader)).toContain('response.completed')
	})

	test('has none for clients that cannot parse comments', async () => {
		await using app = await openApp({ ...narrow, handler: { limits: { ...limits, keepAliveMs: 0 } } })
		const release = app.upstream().hold()
		const running = app.chat('hello')
		await app.upstream().nextRequest()
		const stream = await begin(app)
		release()
		await running
		expect(await stream.text()).toStartWith('event: response.created')
	})
})

test('a background response that may not run yet says how many are ahead', async () => {
	const background = { calls: 1, callsPerOwner: 1, queue: 8, queueTimeoutMs: 60_000 }
	await using app = await openApp({ handler: { limits: { ...limits, background } } })
	const release = app.upstream().hold()
	const arrived = app.upstream().nextRequest()
	const first = await begin(app)
	await arrived
	const [second, third] = [await begin(app), await begin(app)]
	expect(await Promise.all([second, third].map((stream) => readerOf(stream).next()))).toEqual([note(0), note(1)])
	release()
	expect(await restOf(readerOf(first))).toContain('response.completed')
})
