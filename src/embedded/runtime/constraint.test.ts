// Answers that the extra fields of vLLM and llama.cpp constrain, on the toy model.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../chat/json.ts'
import { textOf } from '../../chat/parts.ts'
import { completionOf } from '../../engines/answer.testing.ts'
import type { Engine } from '../../engines/engine.ts'
import { isLibraryHere, openToy } from './library.testing.ts'

describe.skipIf(!isLibraryHere)('an answer is constrained', () => {
	let engine: Engine
	beforeAll(async () => {
		engine = await openToy()
	})
	afterAll(() => engine.close())

	const dropped: string[] = []
	const answer = async (passthrough: JsonObject, responseFormat: 'text' | 'json-object' = 'text') => {
		const request = {
			model: 'toy',
			messages: [{ role: 'user', content: [{ type: 'text', text: 'Give me JSON for Sara, age 29.' }] }],
			sampling: { temperature: 0 },
			maxTokens: 64,
			stop: [],
			choices: 1,
			tools: [],
			toolChoice: { type: 'none' },
			parallelToolCalls: true,
			responseFormat: { type: responseFormat },
			passthrough,
		} as const
		const call = { signal: new AbortController().signal, model: 'toy', requestId: 'req_test' }
		const drop = (part: string) => dropped.push(part)
		return textOf((await completionOf(await engine.chat(request, { ...call, drop }))).choices[0]?.parts ?? [])
	}
	const refusal = (passthrough: JsonObject, format?: 'json-object') =>
		answer(passthrough, format).then(
			() => undefined,
			(error: unknown) => error,
		)
	const schema = { type: 'object', properties: { n: { type: 'integer', maximum: 9, minimum: 0 } }, required: ['n'] }

	test('by a schema, one of several texts, a regular expression, or a grammar, in either form', async () => {
		for (const value of [schema, JSON.stringify(schema)])
			expect(JSON.parse(await answer({ guided_json: value }))).toEqual({ n: expect.any(Number) })
		const choice = ['blue "sky"', '日本\n']
		expect(choice).toContain(await answer({ guided_choice: choice }))
		expect(choice).toContain(await answer({ structured_outputs: { choice } }))
		expect(await answer({ guided_regex: '[A-C]{3}-\\d"' })).toMatch(/^[A-C]{3}-\d"$/)
		expect(await answer({ guided_regex: '^x$|y\\n' })).toMatch(/^(x|y\n)$/)
		for (const field of ['grammar', 'guided_grammar'])
			expect(await answer({ [field]: 'root ::= word " ." # end\nword ::= "up" | "down"' })).toMatch(/^(up|down) \.$/)
		expect(dropped).toEqual([])
	})

	test('a grammar that uses a rule without defining it is refused by the name of the rule', async () => {
		for (const grammar of ['root ::= "a" foo', 'root ::= [a-z] ("b" | foo)* # bar', 'root ::= foo\nx ::= "foo"'])
			expect(await refusal({ grammar })).toMatchObject({
				kind: 'invalid-request',
				message: "Invalid grammar in 'grammar': the rule 'foo' is not defined.",
			})
	})

	test('or refused, with the field and the reason', async () => {
		const refused: readonly (readonly [JsonObject, string])[] = [
			[{ guided_json: 'no' }, 'guided_json'],
			[{ guided_json: 3 }, 'guided_json'],
			[{ guided_choice: [] }, 'guided_choice'],
			[{ guided_choice: ['a', 1] }, 'guided_choice'],
			[{ guided_regex: 1 }, 'guided_regex'],
			[{ grammar: 'root ::= (' }, 'grammar'],
			[{ grammar: 'word ::= "a"' }, 'grammar'],
			[{ grammar: 'root ::= root "a" | "b"' }, 'grammar'],
			[{ grammar: 'root ::= missing' }, 'grammar'],
			[{ structured_outputs: {} }, 'structured_outputs'],
			[{ guided_regex: 'a', guided_choice: ['a'] }, 'guided_regex'],
		]
		for (const [passthrough, param] of refused)
			expect(await refusal(passthrough)).toMatchObject({ kind: 'invalid-request', param })
		expect(await refusal({ guided_regex: 'a' }, 'json-object')).toMatchObject({ kind: 'invalid-request' })
		for (const pattern of ['(?=a)b', '(', 'a\\1'])
			expect(await refusal({ guided_regex: pattern })).toMatchObject({ kind: 'unsupported' })
	})
})
