import { expect, test } from 'bun:test'
import { DialectChoice } from './choice.ts'
import type { Dialect, Route } from './dialect.ts'

function route(method: Route['method'], path: string): Route {
	return { method, path, read: () => ({ type: 'constant', answer: path }) }
}

function dialect(name: string, routes: readonly Route[], recognizes?: Dialect['recognizes']): Dialect {
	return {
		name,
		mount: `/${name}`,
		prefixes: ['/v1', ''],
		routes,
		recognizes,
		writeError: () => ({ status: 500, body: {}, headers: {} }),
		headers: () => ({}),
	}
}

const chat = route('POST', '/chat')
const [one, two, three] = [
	dialect('one', [chat, route('POST', '/only-one')]),
	dialect('two', [chat, route('GET', '/models/{name}'), route('GET', '/only-two')]),
	dialect('three', [chat], (headers) => headers.has('x-three')),
]
const choice = new DialectChoice([one, two, three], { v1: 'one', root: 'two' })

function dialectOf(method: string, path: string, preferred?: string, headers: Record<string, string> = {}): string {
	const match = choice.find({ method, path, headers: new Headers(headers), preferred })
	return match.type === 'found' ? match.target.dialect.name : match.type
}

test('the mount prefix takes precedence', () => {
	expect(dialectOf('POST', '/three/v1/chat', 'two')).toBe('three')
	expect(dialectOf('POST', '/two/chat', undefined, { 'x-three': '1' })).toBe('two')
	expect(dialectOf('POST', '/two/only-one')).toBe('none')
	expect(dialectOf('GET', '/two/models/a/b')).toBe('two')
})

test("then the caller's key, then headers that only one kind of client sends, then the configured default", () => {
	expect(dialectOf('POST', '/v1/chat')).toBe('one')
	expect(dialectOf('POST', '/chat')).toBe('two')
	expect(dialectOf('POST', '/v1/chat', undefined, { 'x-three': '1' })).toBe('three')
	expect(dialectOf('POST', '/v1/chat', 'two', { 'x-three': '1' })).toBe('two')
})

test('a dialect that does not claim the path is skipped', () => {
	expect(dialectOf('POST', '/only-one')).toBe('one')
	expect(dialectOf('GET', '/v1/only-two', 'three')).toBe('two')
	expect(dialectOf('HEAD', '/v1/only-two')).toBe('two')
	expect(dialectOf('POST', '/v1/only-two')).toBe('other-methods')
	expect(dialectOf('POST', '/v1/nothing')).toBe('none')
})

test('a key for an unknown dialect has no effect', () => {
	expect(dialectOf('POST', '/v1/chat', 'four')).toBe('one')
})

test('the selected dialect writes errors for unknown paths', () => {
	const nowhere = (path: string) => choice.dialectFor({ method: 'GET', path, headers: new Headers() }).name
	expect(nowhere('/v1/nothing')).toBe('one')
	expect(nowhere('/nothing')).toBe('two')
	expect(nowhere('/three/nothing')).toBe('three')
})

test('a default that is not a dialect is refused', () => {
	expect(() => new DialectChoice([one], { v1: 'one', root: 'unknown' })).toThrow(
		"no dialect 'unknown': expected one of one",
	)
})

test('a route for clients of its own dialect only is not found by others', () => {
	const shy = dialect('shy', [{ ...route('GET', '/files'), explicitly: true }])
	const others = new DialectChoice([one, shy], { v1: 'one', root: 'one' })
	const find = (path: string, preferred?: string) =>
		others.find({ method: 'GET', path, headers: new Headers(), preferred }).type
	expect([find('/v1/files'), find('/v1/files', 'shy'), find('/shy/v1/files')]).toEqual(['none', 'found', 'found'])
})

test('the only dialect below a first segment writes its errors', () => {
	const alone = dialect('alone', [route('POST', '/v9/chat')])
	const wider = new DialectChoice([one, { ...alone, prefixes: [''] }], { v1: 'one', root: 'one' })
	const nowhere = (path: string) => wider.dialectFor({ method: 'GET', path, headers: new Headers() }).name
	expect([nowhere('/v9/nothing'), nowhere('/v1/nothing'), nowhere('/v8/nothing')]).toEqual(['alone', 'one', 'one'])
})
