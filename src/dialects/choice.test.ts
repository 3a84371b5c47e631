import { expect, test } from 'bun:test'
import { DialectChoice } from './choice.ts'
import type { Dialect, Route } from './dialect.ts'

function route(method: Route['method'], path: string): Route {
	return { method, path, read: () => ({ type: 'constant', answer: path }) }
}

function dialect(name: string, routes: readonly Route[], recognises?: Dialect['recognises']): Dialect {
	return {
		name,
		mount: `/${name}`,
		prefixes: ['/v1', ''],
		routes,
		...(recognises === undefined ? {} : { recognises }),
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

function spoken(method: string, path: string, preferred?: string, headers: Record<string, string> = {}): string {
	const match = choice.find({ method, path, headers: new Headers(headers), preferred })
	return match.type === 'found' ? match.target.dialect.name : match.type
}

test('the mount prefix says it before all else', () => {
	expect(spoken('POST', '/three/v1/chat', 'two')).toBe('three')
	expect(spoken('POST', '/two/chat', undefined, { 'x-three': '1' })).toBe('two')
	expect(spoken('POST', '/two/only-one')).toBe('none')
	expect(spoken('GET', '/two/models/a/b')).toBe('two')
})

test("then the caller's key, then headers that only one kind of client sends, then the configured default", () => {
	expect(spoken('POST', '/v1/chat')).toBe('one')
	expect(spoken('POST', '/chat')).toBe('two')
	expect(spoken('POST', '/v1/chat', undefined, { 'x-three': '1' })).toBe('three')
	expect(spoken('POST', '/v1/chat', 'two', { 'x-three': '1' })).toBe('two')
})

test('a dialect that does not claim the path is passed over', () => {
	expect(spoken('POST', '/only-one')).toBe('one')
	expect(spoken('GET', '/v1/only-two', 'three')).toBe('two')
	expect(spoken('HEAD', '/v1/only-two')).toBe('two')
	expect(spoken('POST', '/v1/only-two')).toBe('other-methods')
	expect(spoken('POST', '/v1/nothing')).toBe('none')
})

test('a key for a dialect that is not known here changes nothing', () => {
	expect(spoken('POST', '/v1/chat', 'four')).toBe('one')
})

test('errors of paths that nobody claims are written by whoever was meant', () => {
	const nowhere = (path: string) => choice.dialectFor({ method: 'GET', path, headers: new Headers() }).name
	expect(nowhere('/v1/nothing')).toBe('one')
	expect(nowhere('/nothing')).toBe('two')
	expect(nowhere('/three/nothing')).toBe('three')
})

test('a default that is no dialect is refused at once', () => {
	expect(() => new DialectChoice([one], { v1: 'one', root: 'nobody' })).toThrow("there is no dialect 'nobody'")
})

test('what a dialect answers expressly is not there for clients of others', () => {
	const shy = dialect('shy', [{ ...route('GET', '/files'), expressly: true }])
	const others = new DialectChoice([one, shy], { v1: 'one', root: 'one' })
	const find = (path: string, preferred?: string) =>
		others.find({ method: 'GET', path, headers: new Headers(), preferred }).type
	expect([find('/v1/files'), find('/v1/files', 'shy'), find('/shy/v1/files')]).toEqual(['none', 'found', 'found'])
})

test('errors below a segment that one dialect has alone are written by that one', () => {
	const alone = dialect('alone', [route('POST', '/v9/chat')])
	const wider = new DialectChoice([one, { ...alone, prefixes: [''] }], { v1: 'one', root: 'one' })
	const nowhere = (path: string) => wider.dialectFor({ method: 'GET', path, headers: new Headers() }).name
	expect([nowhere('/v9/nothing'), nowhere('/v1/nothing'), nowhere('/v8/nothing')]).toEqual(['alone', 'one', 'one'])
})
