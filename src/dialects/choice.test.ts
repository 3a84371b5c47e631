import { expect, test } from 'bun:test'
import { DialectChoice } from './choice.ts'
import type { Dialect, Route } from './dialect.ts'
import { dialects } from './list.ts'

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
		describe: () => Promise.reject(new Error('has no description')),
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

test('a recognized client gets no path of another dialect, and errors in its own', () => {
	const three = { 'x-three': '1' }
	expect(dialectOf('POST', '/only-one', undefined, three)).toBe('none')
	expect(dialectOf('POST', '/only-one', 'one', three)).toBe('one')
	const lookup = { method: 'POST', path: '/only-one', headers: new Headers(three) }
	expect(choice.dialectFor(lookup).name).toBe('three')
})

test('a client library of several dialects replaces a default only if its own clients are recognized', () => {
	const library = { ...one, suggests: (headers: Headers) => headers.has('x-library') }
	const find = (root: string, headers: Record<string, string>, path = '/chat') => {
		const both = new DialectChoice([library, two, three], { v1: 'two', root })
		const match = both.find({ method: 'POST', path, headers: new Headers(headers) })
		return match.type === 'found' ? match.target.dialect.name : match.type
	}
	expect(find('three', { 'x-library': '1' })).toBe('one')
	expect(find('three', {})).toBe('three')
	expect(find('three', { 'x-library': '1', 'x-three': '1' })).toBe('three')
	expect(find('two', { 'x-library': '1' })).toBe('two')
	expect(find('three', { 'x-library': '1' }, '/v1/chat')).toBe('two')
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
	const reserved = dialect('reserved', [{ ...route('GET', '/files'), explicitOnly: true }])
	const others = new DialectChoice([one, reserved], { v1: 'one', root: 'one' })
	const find = (path: string, preferred?: string) =>
		others.find({ method: 'GET', path, headers: new Headers(), preferred }).type
	expect([find('/v1/files'), find('/v1/files', 'reserved'), find('/reserved/v1/files')]).toEqual([
		'none',
		'found',
		'found',
	])
})

test('the only dialect below a first segment writes its errors', () => {
	const alone = dialect('alone', [route('POST', '/v9/chat')])
	const wider = new DialectChoice([one, { ...alone, prefixes: [''] }], { v1: 'one', root: 'one' })
	const nowhere = (path: string) => wider.dialectFor({ method: 'GET', path, headers: new Headers() }).name
	expect([nowhere('/v9/nothing'), nowhere('/v1/nothing'), nowhere('/v8/nothing')]).toEqual(['alone', 'one', 'one'])
})

test("OpenAI's SDKs are answered in OpenAI's dialect without a version in the path, Anthropic's only in their own", () => {
	const served = new DialectChoice(dialects, { v1: 'openai', root: 'aleph-alpha' })
	const find = (path: string, headers: Record<string, string>) => {
		const match = served.find({ method: 'POST', path, headers: new Headers(headers) })
		return match.type === 'found' ? match.target.dialect.name : match.type
	}
	for (const agent of [
		'OpenAI/Python 2.44.0',
		'AsyncOpenAI/Python 2.44.0',
		'AzureOpenAI/Python 2.44.0',
		'AsyncAzureOpenAI/Python 2.44.0',
		'OpenAI/JS 7.59.0',
		'OpenAI/Go 3.9.0',
		'OpenAI::Client/Ruby 0.40.0',
		'OpenAIClientImpl/Java 4.10.0',
		'OpenAI/2.9.0 (.NET 10.0.0)',
		'ai/6.0.326 ai-sdk/openai/3.0.141 runtime/bun/1.4.5',
	])
		expect({ agent, dialect: find('/chat/completions', { 'user-agent': agent }) }).toEqual({ agent, dialect: 'openai' })
	for (const agent of ['curl/8.5.0', 'MyOpenAI/1.0', 'SGPClient/Python 1.0'])
		expect(find('/chat/completions', { 'user-agent': agent })).toBe('aleph-alpha')
	expect(find('/complete', { 'user-agent': 'OpenAI/Python 2.44.0' })).toBe('aleph-alpha')
	const anthropic = { 'anthropic-version': '2023-06-01' }
	for (const path of ['/complete', '/v1/complete', '/v1/chat/completions']) {
		expect(find(path, anthropic)).toBe('none')
		const lookup = { method: 'POST', path, headers: new Headers(anthropic) }
		expect(served.dialectFor(lookup).name).toBe('anthropic')
	}
})
