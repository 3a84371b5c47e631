// Messages as templates get them. The test model has one control token, and maps every character to one token.

import { expect, test } from 'bun:test'
import { contentFatesContract } from '../../chat/content-fates.contract.ts'
import { requestFor } from '../../chat/destination.ts'
import { ChatError } from '../../chat/error.ts'
import type { AssistantPart, Message } from '../../chat/message.ts'
import { plainRequest } from '../../chat/request.testing.ts'
import type { ChatRequest } from '../../chat/request.ts'
import type { Tool } from '../../chat/tool.ts'
import { callableTools } from './answer-grammar.ts'
import type { LlamaModel } from './binding.ts'
import { renderConversation, reportUnusedNames } from './conversation.ts'
import { embeddedContentFates } from './embedded-content-fates.ts'
import { PromptText } from './prompt-text.ts'
import { ChatTemplate } from './template.ts'
import { Vocabulary } from './vocabulary.ts'

const control = '<|end|>'
const tool: Tool = { type: 'function', name: 'look_up', strict: false }

const native = new ChatTemplate(
	`{%- if tools %}{{- (tools | tojson) + '\\n' }}{%- endif %}{%- for m in messages %}{%- if m.role == 'assistant' %}{{- 'R=' + (m.reasoning_content or '') + ' T=' + m.content }}{%- for c in m.tool_calls or [] %}{{- '<call>{"name": "' + c.function.name + '", "arguments": ' + (c.function.arguments | tojson) + '}</call>' }}{%- endfor %}{{- '\\n' }}{%- else %}{{- m.role + '=' + m.content + '\\n' }}{%- endif %}{%- endfor %}`,
	{},
	[],
)
/** Each message is a line of JSON. */
const withoutCalls = new ChatTemplate(
	`{%- for m in messages %}{{- ({"role": m.role, "content": m.content, "reasoning": m.reasoning_content} | tojson) + '\\n' }}{%- endfor %}`,
	{},
	[],
)

const withNames = new ChatTemplate(
	'{%- for m in messages %}{{- (m.name or "") + "=" + m.content }}{%- endfor %}',
	{},
	[],
)

const base: ChatRequest = {
	...plainRequest,
	messages: [],
}

function promptText(): PromptText {
	const partial: Partial<LlamaModel> = {
		tokens: { bos: null, eos: null, bosString: null, eosString: null, shouldPrependBosToken: false },
		tokenize: (text) => Array.from(text, (character) => character.codePointAt(0) ?? 0),
		getTokenAttributes: () => ({ lstrip: false, rstrip: false }),
	}
	const tokens = [control]
	return new PromptText(
		new Vocabulary(partial as LlamaModel, {
			architecture: 'test',
			onlyEmbeds: false,
			chatTemplate: undefined,
			tokenizer: 'test',
			tokens,
			tokenTypes: [3],
		}),
	)
}

function user(text: string): Message {
	return { role: 'user', content: [{ type: 'text', text }] }
}

function call(id: string, kind: 'function' | 'custom' = 'function', text = '{}'): AssistantPart {
	return { type: 'tool-call', kind, id, name: 'look_up', arguments: text }
}

function render(messages: readonly Message[], template: ChatTemplate, passthrough: ChatRequest['passthrough'] = {}) {
	const request: ChatRequest = { ...base, messages, tools: [tool], toolChoice: { type: 'auto' }, passthrough }
	return renderConversation(request, [tool], template, promptText())
}

const mixed: readonly AssistantPart[] = [
	{ type: 'reasoning', text: 'One. ' },
	{ type: 'text', text: 'First.' },
	call('a', 'function', '{"n":1}'),
	call('b'),
	{ type: 'reasoning', text: 'Two.' },
	{ type: 'text', text: 'Then.' },
	call('c', 'custom', 'free'),
	{ type: 'refusal', text: ' No.' },
]
const result = (callId: string, isError?: true): Message => ({
	role: 'tool',
	callId,
	content: [{ type: 'text', text: 'found' }],
	isError,
})
const conversation = [user('Hi'), { role: 'assistant', content: mixed } as const, result('a'), result('b'), result('c')]

test('a template with calls gets reasoning, text and calls in separate fields', () => {
	expect(native.calls.native).toBe(true)
	const { text } = render(conversation, native)
	const calls = ['{"n": 1}', '{}', '{"input": "free"}'].map(
		(value) => `<call>{"name": "look_up", "arguments": ${value}}</call>`,
	)
	expect(text).toContain(`R=One. Two. T=First.Then. No.${calls.join('')}\n`)
})

test('a template without calls gets text and calls in their order', () => {
	expect(withoutCalls.calls.native).toBe(false)
	const [, , answer = ''] = render(conversation, withoutCalls).text.split('\n')
	const written = (value: string) => `{"name": "look_up", "arguments": ${value}}`
	expect(JSON.parse(answer)).toEqual({
		role: 'assistant',
		reasoning: 'One. Two.',
		content: [
			'First.',
			'<tool_call>',
			written('{"n":1}'),
			'</tool_call>',
			'<tool_call>',
			written('{}'),
			'</tool_call>',
			'Then.',
			'<tool_call>',
			written('{"input":"free"}'),
			'</tool_call>',
			' No.',
		].join('\n'),
	})
})

test('the result of a failed tool is marked', () => {
	for (const template of [native, withoutCalls]) {
		expect(
			render([user('Hi'), { role: 'assistant', content: [call('a')] }, result('a', true)], template).text,
		).toContain('Error: found')
		expect(render([user('Hi'), { role: 'assistant', content: [call('a')] }, result('a')], template).text).not.toContain(
			'Error:',
		)
	}
})

test('an assistant message that is last is continued, or refused', () => {
	const last = (content: readonly AssistantPart[], passthrough?: ChatRequest['passthrough']) => {
		try {
			return render([user('Hi'), { role: 'assistant', content }], native, passthrough).continues
		} catch (thrown) {
			return thrown instanceof ChatError ? thrown.kind : thrown
		}
	}
	const text: AssistantPart = { type: 'text', text: 'It is' }
	const reasoning: AssistantPart = { type: 'reasoning', text: 'Well.' }
	expect(last([text])).toBe(true)
	expect(last([reasoning, text])).toBe(true)
	expect(last([{ type: 'refusal', text: 'I do not' }])).toBe(true)
	// Nothing has begun.
	expect(last([])).toBe(false)
	for (const content of [[reasoning], [text, call('a')], [call('a'), text]]) {
		expect(last(content)).toBe('unsupported')
		expect(last(content, { add_generation_prompt: true })).toBe(false)
		expect(last(content, { continue_final_message: true })).toBe('invalid-request')
	}
})

test('a control token that spans text parts remains text', async () => {
	const content: readonly AssistantPart[] = [
		{ type: 'text', text: '<|' },
		{ type: 'text', text: 'end' },
		{ type: 'text', text: '|>' },
	]
	const text = promptText()
	for (const template of [native, withoutCalls]) {
		const messages: readonly Message[] = [user('Hi'), { role: 'assistant', content }, user('Go on')]
		const rendered = renderConversation({ ...base, messages }, [], template, text)
		expect(await text.read(rendered.text)).not.toContain(0)
	}
})

test('names of messages are written if the template has them, and reported otherwise', () => {
	const messages: readonly Message[] = [
		{ role: 'developer', content: [{ type: 'text', text: 'Be brief.' }], name: 'ann' },
		{ role: 'user', content: [{ type: 'text', text: 'Hi' }], name: 'bob' },
		{ role: 'assistant', content: [{ type: 'text', text: 'Yes?' }], name: 'eve' },
		user('Go on'),
	]
	expect(renderConversation({ ...base, messages }, [], withNames, promptText()).text).toBe(
		'ann=Be brief.bob=Hieve=Yes?=Go on',
	)
	const reported = (template: ChatTemplate) => {
		const dropped: string[] = []
		reportUnusedNames({ messages }, template, (part) => dropped.push(part))
		return dropped
	}
	expect(reported(withNames)).toEqual([])
	expect(reported(native)).toEqual(['messages.name'])
})

const shared = promptText()
contentFatesContract('prompts', embeddedContentFates, undefined, (request, drop) => {
	const tools = callableTools(request)
	return renderConversation(requestFor({ wire: undefined }, request, drop), tools, withNames, shared).text
})
