// Growth of what schemas do not show: conversations whose messages refer to each other, texts of JSON, and forms.

import { expect, setDefaultTimeout, test } from 'bun:test'
import { ChatError } from '../../src/chat/error.ts'
import { parseJson, stringifyJson } from '../../src/chat/json-text.ts'
import type { Route } from '../../src/dialects/dialect.ts'
import { dialects } from '../../src/dialects/list.ts'
import { checkJsonText } from '../../src/http/json-bounds.ts'
import { defaultBounds } from '../../src/http/request-bounds.ts'
import { growthOf, maxRatio } from './cpu-time.ts'
import { isBounded, serve } from './request-work.ts'

setDefaultTimeout(120_000)

const times = <Item>(n: number, make: (index: number) => Item) => Array.from({ length: n }, (_, index) => make(index))

/** Bodies of about n messages or parts, by what repeats in them. */
const chats: Readonly<Record<string, (n: number) => readonly object[]>> = {
	'one call with its result': (n) =>
		times(n / 2, (at) => [
			{ role: 'assistant', content: null, tool_calls: [call(at)] },
			{ role: 'tool', tool_call_id: `c${at}`, content: 'x' },
		]).flat(),
	'many calls, then their results': (n) => [
		{ role: 'assistant', content: null, tool_calls: times(n / 2, call) },
		...times(n / 2, (at) => ({ role: 'tool', tool_call_id: `c${at}`, content: 'x' })),
	],
	'many calls, then their results in reverse': (n) => [
		{ role: 'assistant', content: null, tool_calls: times(n / 2, call) },
		...times(n / 2, (at) => ({ role: 'tool', tool_call_id: `c${n / 2 - 1 - at}`, content: 'x' })),
	],
	'answers without questions': (n) => times(n, () => ({ role: 'assistant', content: 'x' })),
	'questions without answers': (n) => times(n, () => ({ role: 'user', content: 'x' })),
	instructions: (n) => times(n, (at) => ({ role: at % 2 === 0 ? 'system' : 'user', content: 'x' })),
}

function call(at: number) {
	return { id: `c${at}`, type: 'function', function: { name: 'f', arguments: '{}' } }
}

const blocks: Readonly<Record<string, (n: number) => readonly object[]>> = {
	'many calls, then their results': (n) => [
		{ role: 'user', content: 'x' },
		{ role: 'assistant', content: times(n / 2, (at) => ({ type: 'tool_use', id: `c${at}`, name: 'f', input: {} })) },
		{ role: 'user', content: times(n / 2, (at) => ({ type: 'tool_result', tool_use_id: `c${at}`, content: 'x' })) },
	],
	'one call with its result': (n) =>
		times(n / 2, (at) => [
			{ role: 'assistant', content: [{ type: 'tool_use', id: `c${at}`, name: 'f', input: {} }] },
			{ role: 'user', content: [{ type: 'tool_result', tool_use_id: `c${at}`, content: 'x' }] },
		]).flat(),
	'thinking with text': (n) => [
		{ role: 'user', content: 'x' },
		{
			role: 'assistant',
			content: times(n, (at) =>
				at % 2 === 0 ? { type: 'thinking', thinking: 'x', signature: `s${at}` } : { type: 'text', text: 'x' },
			),
		},
	],
}

const items: Readonly<Record<string, (n: number) => readonly object[]>> = {
	'answers without questions': (n) => times(n, () => ({ role: 'assistant', content: 'x' })),
	'reasoning with calls and results': (n) =>
		times(n / 3, (at) => [
			{ type: 'reasoning', summary: [{ type: 'summary_text', text: 'x' }] },
			{ type: 'function_call', call_id: `c${at}`, name: 'f', arguments: '{}' },
			{ type: 'function_call_output', call_id: `c${at}`, output: 'x' },
		]).flat(),
	'many calls, then their results': (n) => [
		...times(n / 2, (at) => ({ type: 'function_call', call_id: `c${at}`, name: 'f', arguments: '{}' })),
		...times(n / 2, (at) => ({ type: 'function_call_output', call_id: `c${at}`, output: 'x' })),
	],
	'additional tools': (n) =>
		times(n, (at) => ({ type: 'additional_tools', tools: [{ type: 'function', name: `f${at}` }] })),
	references: (n) => times(n, (at) => ({ type: 'item_reference', id: `msg_${at}` })),
	'items of other types': (n) => times(n, (at) => ({ type: 'web_search_call', id: `ws_${at}` })),
}

const conversations = [
	['openai', '/chat/completions', 'messages', chats, {}],
	['anthropic', '/messages', 'messages', blocks, { max_tokens: 100 }],
	['openai', '/responses', 'input', items, {}],
] as const

for (const [name, path, field, makers, rest] of conversations)
	for (const [what, make] of Object.entries(makers))
		test(`${name} ${path} is linear in ${what}`, async () => {
			const route = dialects.find((dialect) => dialect.name === name)?.routes.find((one) => one.path === path)
			if (route === undefined) throw new Error(`no route ${path}`)
			const prepare = (n: number) => {
				const body = { model: 'm', ...rest, [field]: make(n) }
				return isBounded(body) ? undefined : () => serve(route, {}, body)
			}
			expect((await growthOf({ prepare, start: 1200 }))?.ratio ?? 0).toBeLessThanOrEqual(maxRatio)
		})

const texts: Readonly<Record<string, (n: number) => string>> = {
	numbers: (n) => `[${times(n, () => '1.0').join()}]`,
	'members with numbers as names': (n) => `{${times(n, (at) => `"${n - at}":1.0`).join()}}`,
	'escaped quotes': (n) => `[1.0,"${'\\"'.repeat(n)}"]`,
	backslashes: (n) => `[1.0,"${'\\\\'.repeat(n)}"]`,
	'white space': (n) => `[1.0,${' '.repeat(n)}1]`,
	digits: (n) => `[${'1'.repeat(n)}]`,
}

for (const [what, make] of Object.entries(texts))
	test(`JSON is parsed and written in linear time: ${what}`, async () => {
		const prepare = (n: number) => {
			if (4 * n > 8_000_000) return undefined
			const text = make(n)
			const bytes = Buffer.from(text)
			return () => {
				checkJsonText(bytes, { bounds: { ...defaultBounds, jsonValues: text.length - 1 }, maxDepth: text.length })
				return stringifyJson(parseJson(text)).length
			}
		}
		expect((await growthOf({ prepare, start: 4096 }))?.ratio ?? 0).toBeLessThanOrEqual(maxRatio)
	})

test('a form is read in linear time', async () => {
	const route = dialects.flatMap(({ routes }) => routes).find(({ body }) => body === 'form')
	if (route === undefined) throw new Error('no route reads a form')
	const prepare = (n: number) => {
		if (4 * n > 400_000) return undefined
		const form = new FormData()
		form.set('model', 'm')
		form.set('file', new File(['x'], 'a.wav', { type: 'audio/wav' }))
		for (let index = 0; index < n; index++) form.append(index % 2 === 0 ? 'a' : `b${index}`, 'x')
		return () => serve(route, {}, form)
	}
	expect((await growthOf({ prepare, start: 1024 }))?.ratio ?? 0).toBeLessThanOrEqual(maxRatio)
})

test('a query with as many parameters as a head may have is read in little time', () => {
	// Distinct names, since repeated ones take more of the head.
	const names = times(7600, (at) => at.toString(36))
	const query = new URLSearchParams(`start_time=1700000000&end_time=1700000000&metadata[a]=b&${names.join('&')}`)
	const tooLong: string[] = []
	for (const { name, routes } of dialects)
		for (const route of routes.filter(({ method }) => method === 'GET')) {
			const shortestMs = Math.min(...times(5, () => readingMs(route, query)))
			if (shortestMs > 60) tooLong.push(`${name} ${route.path}: ${shortestMs.toFixed(0)} ms`)
		}
	expect(tooLong).toEqual([])
})

/** The CPU time of reading a request without a body. */
function readingMs(route: Route, query: URLSearchParams): number {
	const before = process.cpuUsage()
	try {
		route.read({ body: undefined, headers: new Headers(), parameters: ['a', 'b'], query: () => query })
	} catch (thrown) {
		if (!(thrown instanceof ChatError)) throw thrown
	}
	return process.cpuUsage(before).user / 1000
}
