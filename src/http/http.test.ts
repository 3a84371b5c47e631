import { describe, expect, test } from 'bun:test'
import { type ChunkSource, EventStreams, type StreamBodyOptions } from './event-stream.ts'
import { normalizePath, splitUrl } from './path.ts'
import { RouteTable } from './route-table.ts'

describe('paths', () => {
	for (const [written, path] of [
		['/v1/models', '/v1/models'],
		['/v1//models/', '/v1/models'],
		['//v1///models//', '/v1/models'],
		['/', '/'],
		['//', '/'],
	] as const)
		test(written, () => expect(normalizePath(written)).toBe(path))
	test('are the part between host and query', () => {
		expect(splitUrl('http://a:1/v1//x?b=c?d')).toEqual({ path: '/v1//x', query: 'b=c?d' })
		expect(splitUrl('http://a')).toEqual({ path: '/', query: '' })
		expect(splitUrl('http://a/?')).toEqual({ path: '/', query: '' })
	})
})

describe('routes', () => {
	const table = new RouteTable<string>()
	table.add('GET', '/v1/models', 'list')
	table.add('GET', '/v1/models/{id}', 'show')
	test('a final parameter matches the rest of the path, decoded', () => {
		expect(table.find('GET', '/v1/models/a/b')).toEqual({ type: 'found', target: 'show', parameters: ['a/b'] })
		expect(table.find('GET', '/v1/models/a%2Fb')).toEqual({ type: 'found', target: 'show', parameters: ['a/b'] })
	})
	test('inner parameters match one segment each, and longer patterns take precedence', () => {
		table.add('GET', '/v1/things/{id}', 'thing')
		table.add('GET', '/v1/things/{id}/parts/{part}', 'part')
		expect(table.find('GET', '/v1/things/a%20b/parts/c')).toEqual({
			type: 'found',
			target: 'part',
			parameters: ['a b', 'c'],
		})
		expect(table.find('GET', '/v1/things/a')).toEqual({ type: 'found', target: 'thing', parameters: ['a'] })
	})
	test('a path with an invalid encoding matches no route', () =>
		expect(table.find('GET', '/v1/models/%zz')).toEqual({ type: 'none' }))
	test('another method gets the list of allowed methods', () =>
		expect(table.find('POST', '/v1/models')).toEqual({ type: 'other-methods', methods: ['GET', 'HEAD'] }))
	test('HEAD matches every path that GET matches', () => {
		table.add('POST', '/v1/posted', 'post')
		expect(table.find('HEAD', '/v1/models')).toEqual(table.find('GET', '/v1/models'))
		expect(table.find('HEAD', '/v1/models/a')).toEqual(table.find('GET', '/v1/models/a'))
		expect(table.find('HEAD', '/v1/posted')).toEqual({ type: 'other-methods', methods: ['POST'] })
	})
	test('a path that has a route already is refused', () =>
		expect(() => table.add('GET', '/v1/models', 'again')).toThrow('claimed twice'))
})

function from(texts: AsyncGenerator<string>): ChunkSource {
	return {
		next: async () => (await texts.next()).value,
		cancel: () => void texts.return(undefined),
		interrupt: () => 'interrupted',
	}
}

const gone = new AbortController()

describe('a stream of events', () => {
	test('omits empty chunks and ends with its source', async () => {
		async function* pieces() {
			yield 'a'
			yield ''
			yield 'b'
		}
		expect(await new Response(new EventStreams({ keepAliveMs: 0 }).body(from(pieces()), gone.signal)).text()).toBe('ab')
	})
	test('sends keep-alive comments while its source is idle', async () => {
		const quiet = Promise.withResolvers<void>()
		async function* pieces() {
			await quiet.promise
			yield 'data: 1\n\n'
		}
		const body = new EventStreams({ keepAliveMs: 20 }).body(from(pieces()), gone.signal)
		const next = async () => new TextDecoder().decode((await body.next()).value ?? undefined)
		expect([await next(), await next()]).toEqual([': keep-alive\n\n', ': keep-alive\n\n'])
		quiet.resolve()
		let piece = await next()
		while (piece === ': keep-alive\n\n') piece = await next()
		expect(piece).toBe('data: 1\n\n')
	})
	test('of a source that has been idle begins with a keep-alive comment, and not with an empty one', async () => {
		async function* pieces() {
			yield 'data: 1\n\n'
		}
		const streams = new EventStreams({ keepAliveMs: 60_000 })
		const textOf = (options: StreamBodyOptions) =>
			new Response(streams.body(from(pieces()), gone.signal, { isIdle: true, ...options })).text()
		expect(await textOf({})).toBe(': keep-alive\n\ndata: 1\n\n')
		expect(await textOf({ heartbeat: 'event: ping\n\n' })).toBe('event: ping\n\ndata: 1\n\n')
		expect(await textOf({ heartbeat: '' })).toBe('data: 1\n\n')
	})
	test('that is cancelled cancels its source', async () => {
		const source = { cancelled: 0, next: async () => 'x', cancel: () => void source.cancelled++, interrupt: () => '' }
		const body = new EventStreams({ keepAliveMs: 0 }).body(source, gone.signal)
		await body.next()
		expect(source.cancelled).toBe(0)
		await body.return(undefined)
		expect(source.cancelled).toBe(1)
	})
	test('whose client disconnects during a wait ends immediately', async () => {
		const client = new AbortController()
		let cancelled = 0
		const quiet: ChunkSource = {
			next: () => new Promise(() => undefined),
			cancel: () => void cancelled++,
			interrupt: () => '',
		}
		const body = new EventStreams({ keepAliveMs: 0 }).body(quiet, client.signal)
		const next = body.next()
		client.abort()
		expect(await next).toEqual({ done: true, value: undefined })
		expect(cancelled).toBe(1)
	})
	test('pulls its source no faster than the client reads', async () => {
		let made = 0
		async function* pieces() {
			for (;;) yield `${made++}`
		}
		const body = new EventStreams({ keepAliveMs: 0 }).body(from(pieces()), gone.signal)
		for (let read = 0; read < 10; read++) await body.next()
		expect(made).toBeLessThan(15)
		await body.return(undefined)
	})
})
