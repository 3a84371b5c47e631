// The grammars of answers, checked by llama.cpp's matcher: which texts match completely.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { ChatRequest } from '../../chat/request.ts'
import type { Tool } from '../../chat/tool.ts'
import { answerGrammar } from './answer-grammar.ts'
import type { AddonGrammar, LlamaRuntime } from './binding.ts'
import { plainFormat } from './call-format.ts'
import { isLibraryHere, libraryFolder, silentLog } from './library.testing.ts'
import { openLibrary } from './library.ts'

const weather: Tool = {
	type: 'function',
	name: 'get_weather',
	parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
	strict: false,
}
const clock: Tool = { type: 'function', name: 'get_time', strict: false }
const request: ChatRequest = {
	model: 'toy',
	messages: [],
	sampling: {},
	stop: [],
	choices: 1,
	tools: [weather, clock],
	toolChoice: { type: 'auto' },
	parallelToolCalls: true,
	responseFormat: { type: 'text' },
	passthrough: {},
}
const noThinking = { allowed: false, open: false }
const weatherCall = '{"name": "get_weather", "arguments": {"city": "Paris"}}'
const clockCall = '{"name": "get_time", "arguments": {}}'
const one = `<tool_call>\n${weatherCall}\n</tool_call>`
const two = `<tool_call>\n${weatherCall}\n</tool_call>\n<tool_call>\n${clockCall}\n</tool_call>`

describe.skipIf(!isLibraryHere)('the grammar of an answer', () => {
	let llama: LlamaRuntime
	beforeAll(async () => {
		llama = await openLibrary({ folder: libraryFolder, gpu: false, log: silentLog })
	})
	afterAll(() => llama.dispose())

	const takes = (changes: Partial<ChatRequest>, text: string, thinking = noThinking, format = plainFormat) => {
		const grammar = answerGrammar({ ...request, ...changes }, format, thinking)
		const compiled = new llama._bindings.AddonGrammar(grammar?.gbnf ?? '', {
			addonExports: llama._bindings,
			rootRuleName: 'root',
		})
		return (compiled as AddonGrammar & { isTextCompatible(text: string): boolean }).isTextCompatible(text)
	}

	test('an unconstrained answer has none', () => {
		expect(answerGrammar({ ...request, toolChoice: { type: 'none' } }, plainFormat, noThinking)).toBeUndefined()
	})

	test('free text continues with calls after their mark only', () => {
		for (const text of ['', 'Hi!', 'a < b <tool <<tool_cal', one, `Let me see.\n${one}`, two])
			expect([text, takes({}, text)]).toEqual([text, true])
		for (const text of [
			'<tool_call>',
			'<<tool_call>oops',
			`${one} and more`,
			one.replace('get_weather', 'other'),
			one.replace('"city"', '"town"'),
		])
			expect([text, takes({}, text)]).toEqual([text, false])
	})

	test('a forced call starts at the first character, as often as allowed', () => {
		const required = { toolChoice: { type: 'required' } } as const
		expect([takes(required, one), takes(required, two), takes(required, `Well. ${one}`), takes(required, '')]).toEqual([
			true,
			true,
			false,
			false,
		])
		expect([
			takes({ ...required, parallelToolCalls: false }, one),
			takes({ ...required, parallelToolCalls: false }, two),
		]).toEqual([true, false])
		const named = { toolChoice: { type: 'named', name: 'get_time' } } as const
		expect([takes(named, `<tool_call>\n${clockCall}\n</tool_call>`), takes(named, one)]).toEqual([true, false])
	})

	test('JSON is an alternative to calls, free text is not', () => {
		const json = { responseFormat: { type: 'json-object' } } as const
		expect([takes(json, '{"a": 1}'), takes(json, one), takes(json, 'Hi!')]).toEqual([true, true, false])
	})

	test('reasoning comes first, opened by the prompt or by the model', () => {
		const required = { toolChoice: { type: 'required' } } as const
		const possible = { allowed: true, open: false }
		expect(takes(required, `<think>\nhm </thin <think> ${one}\n</think>\n\n${one}`, possible)).toBe(true)
		expect([takes(required, one, possible), takes(required, `hm</think>${one}`, possible)]).toEqual([true, false])
		const opened = { allowed: true, open: true }
		expect([takes(required, `hm</think>${one}`, opened), takes(required, one, opened)]).toEqual([true, false])
	})

	test('if calls have no mark, text does not begin with an object', () => {
		const bare = { ...plainFormat, head: '', between: undefined, tail: '' }
		expect([weatherCall, 'Hi {', ''].map((text) => takes({}, text, noThinking, bare))).toEqual([true, true, true])
		expect(['{"a": 1}', ' {'].map((text) => takes({}, text, noThinking, bare))).toEqual([false, false])
	})
})
