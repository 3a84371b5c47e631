// Which variables a template gets, and which are reported, on small templates in the style of real ones.

import { expect, test } from 'bun:test'
import { plainRequest } from '../../chat/request.testing.ts'
import type { ChatRequest } from '../../chat/request.ts'
import { ChatTemplate } from './template.ts'
import { reportUnusedVariables, templateVariables } from './template-variables.ts'

const messages = '{%- for m in messages %}{{- m.content }}{%- endfor %}'
const plain = new ChatTemplate(messages, {}, [])
const thinking = new ChatTemplate(`${messages}<think></think>`, {}, [])
const switched = new ChatTemplate(`${messages}{%- if enable_thinking is false %}<think></think>{%- endif %}`, {}, [])

function request(changes: Partial<ChatRequest>): ChatRequest {
	return {
		...plainRequest,
		messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
		...changes,
	}
}

function reported(changes: Partial<ChatRequest>, template: ChatTemplate): readonly string[] {
	const dropped: string[] = []
	reportUnusedVariables(request(changes), template, (part) => dropped.push(part))
	return dropped
}

test('thinking is switched off by the effort `none` and by a budget of 0 tokens; the fields of the client decide', () => {
	const unguarded = { guard: (text: string) => text, guardAll: (value: unknown) => value }
	const variables = (changes: Partial<ChatRequest>) => templateVariables(request(changes), unguarded)
	expect(variables({})).toEqual({})
	expect(variables({ reasoningTokens: 500 })).toEqual({})
	expect(variables({ reasoningTokens: 0 })).toEqual({ enable_thinking: false })
	expect(variables({ reasoningEffort: 'none' })).toEqual({ enable_thinking: false, reasoning_effort: 'none' })
	expect(variables({ reasoningEffort: 'high' })).toEqual({ enable_thinking: true, reasoning_effort: 'high' })
	const own = { chat_template_kwargs: { enable_thinking: true, style: 'brief' } }
	expect(variables({ reasoningTokens: 0, passthrough: own })).toEqual(own.chat_template_kwargs)
})

test('a template without a switch for thinking does not use an effort, which is reported if it would matter', () => {
	expect(reported({ reasoningEffort: 'high' }, switched)).toEqual([])
	expect(reported({ reasoningTokens: 0 }, switched)).toEqual([])
	expect(reported({ reasoningEffort: 'high' }, plain)).toEqual(['reasoning_effort'])
	expect(reported({ reasoningEffort: 'none' }, thinking)).toEqual(['reasoning_effort'])
	expect(reported({ reasoningTokens: 0 }, thinking)).toEqual(['reasoning_tokens'])
	// A model that does not think has nothing to switch off.
	expect(reported({ reasoningEffort: 'none', reasoningTokens: 0 }, plain)).toEqual([])
})

test('variables of the client that the template does not have are reported by name', () => {
	const passthrough = { chat_template_kwargs: { enable_thinking: false, style: 'brief' } }
	expect(reported({ passthrough }, switched)).toEqual(['chat_template_kwargs.style'])
	expect(reported({ passthrough: { chat_template_kwargs: 'brief' } }, switched)).toEqual(['chat_template_kwargs'])
	expect(reported({ passthrough: { chat_template_kwargs: null } }, switched)).toEqual([])
})
