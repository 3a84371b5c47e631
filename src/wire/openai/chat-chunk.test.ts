import { describe, expect, test } from 'bun:test'
import { type CanonicalForm, parseChatChunk } from './chat-chunk.ts'

function choiceOf(choice: object) {
	return parseChatChunk({ choices: [choice] }).choices?.[0]
}

test('anything but the expected types counts as absent', () => {
	for (const value of [null, 'text', 7, []]) expect(parseChatChunk(value)).toMatchObject({ isError: false, sent: {} })
	expect(parseChatChunk({ choices: {} }).choices).toBeUndefined()
	expect(parseChatChunk({ model: 1, system_fingerprint: '', usage: 'none' })).toMatchObject({
		model: undefined,
		fingerprint: undefined,
		usage: undefined,
	})
	for (const choice of [null, 3, { index: -1, delta: 'text', finish_reason: 5 }])
		expect(parseChatChunk({ choices: [choice] }).choices?.[0]).toMatchObject({
			index: 0,
			text: '',
			calls: [],
			logprobs: [],
			finishReason: undefined,
			form: undefined,
		})
})

test('an error is an object or a mark of the chunk itself', () => {
	expect(parseChatChunk({ error: 'x' }).isError).toBe(true)
	expect(parseChatChunk({ object: 'error' }).isError).toBe(true)
	expect(parseChatChunk({ error: null }).isError).toBe(false)
})

test('a unary choice has a message with the same fields as a delta', () => {
	const content = {
		content: [
			{ type: 'text', text: 'a' },
			{ type: 'text', text: 'b' },
		],
		reasoning: 'r',
		refusal: 'no',
	}
	const expected = { text: 'ab', reasoning: 'r', refusal: 'no' }
	expect(choiceOf({ message: content })).toMatchObject(expected)
	expect(choiceOf({ delta: content })).toMatchObject(expected)
	expect(choiceOf({ delta: null, message: content })).toMatchObject(expected)
})

describe('the form that clients rely on', () => {
	const open = { index: 0, finish_reason: null }
	const logprobs = { content: [{ token: 'a', logprob: -1, bytes: null, top_logprobs: [] }], refusal: null }
	const cases: readonly (readonly [string, object, CanonicalForm | undefined])[] = [
		['role and empty text', { ...open, delta: { role: 'assistant', content: '' } }, 'introduction'],
		['role and text', { ...open, delta: { role: 'assistant', content: 'a' } }, undefined],
		['text', { ...open, delta: { content: 'a' } }, 'text'],
		['text with log-probabilities', { ...open, delta: { content: 'a' }, logprobs }, 'text'],
		['log-probabilities without refusal', { ...open, delta: { content: 'a' }, logprobs: { content: [] } }, undefined],
		['text in parts', { ...open, delta: { content: [{ type: 'text', text: 'a' }] } }, undefined],
		['no finish reason', { index: 0, delta: { content: 'a' } }, undefined],
		['no index', { delta: { content: 'a' }, finish_reason: null }, undefined],
		['reasoning', { ...open, delta: { reasoning_content: 'r' } }, 'reasoning'],
		['reasoning and text', { ...open, delta: { reasoning_content: 'r', content: null } }, undefined],
		["another server's reasoning", { ...open, delta: { reasoning: 'r' } }, 'reasoning'],
		['reasoning under both names', { ...open, delta: { reasoning: 'r', reasoning_content: 'r' } }, 'reasoning'],
		['other reasoning under each name', { ...open, delta: { reasoning: 'r', reasoning_content: 's' } }, undefined],
		['text and tool calls', { ...open, delta: { content: 'a', tool_calls: [] } }, undefined],
		['role and log-probabilities', { ...open, delta: { role: 'assistant', content: '' }, logprobs }, undefined],
		['the end', { index: 0, delta: {}, finish_reason: 'stop' }, 'finish'],
		['the end with text', { index: 0, delta: { content: 'a' }, finish_reason: 'stop' }, undefined],
		['a message', { ...open, message: { content: 'a' } }, undefined],
	]
	for (const [title, choice, form] of cases)
		test(title, () => {
			expect(choiceOf(choice)?.form).toBe(form)
		})
})

test('unknown fields are those of the chunk, its choices and their deltas', () => {
	const known = { id: 'x', choices: [{ index: 0, delta: { content: 'a' }, finish_reason: null }] }
	expect(parseChatChunk(known).hasUnknownFields).toBe(false)
	expect(parseChatChunk({ ...known, service_tier: 'default' }).hasUnknownFields).toBe(true)
	expect(parseChatChunk({ choices: [{ index: 0, stop: 1 }] }).hasUnknownFields).toBe(true)
	expect(parseChatChunk({ choices: [{ index: 0, delta: { own: 1 } }] }).hasUnknownFields).toBe(true)
	expect(parseChatChunk({ choices: [{ index: 0, delta: { content: 'a' } }, { own: 1 }] }).hasUnknownFields).toBe(true)
})
