import { describe, expect, test } from 'bun:test'
import type { StoredMessage, Turn } from '../../../conversations/conversation.ts'
import { conversationId } from '../../../conversations/conversation-id.ts'
import { answerId, inputId } from '../../../conversations/message-id.ts'
import { turnId } from '../../../conversations/turn-id.ts'
import { readOpaque, writeOpaque } from './opaque-text.ts'
import { readResponseId, writeResponse, writeTurn } from './response-writer.ts'

const id = turnId('0193a0000000700080000000000000ab')
const turn: Turn = {
	id,
	conversation: conversationId('0d6f3a5e-0000-4000-8000-000000000000'),
	surface: 'response',
	stored: true,
	state: 'completed',
	model: 'm',
	inputs: [inputId(id, 0)],
	answers: [{ message: answerId(id, 0), finishReason: 'stop' }],
	metadata: {},
	echo: { background: true },
	createdAtMs: 1_700_000_000_900,
	endedAtMs: 1_700_000_003_100,
}
const answer: StoredMessage = {
	id: answerId(id, 0),
	conversation: turn.conversation,
	turn: id,
	depth: 1,
	message: {
		role: 'assistant',
		content: [
			{ type: 'reasoning', text: 'R' },
			{ type: 'text', text: 'Hi' },
		],
	},
	partial: false,
	createdAtMs: 0,
}

describe('a stored turn', () => {
	test('that was completed', () => {
		const { endedAtMs: _, ...rest } = turn
		expect(writeTurn(turn, answer, false)).toMatchObject({
			id: `resp_${id}`,
			status: 'completed',
			created_at: 1700000000,
			completed_at: 1700000003,
			background: true,
			conversation: null,
			output: [
				{ type: 'reasoning', status: 'completed' },
				{ type: 'message', status: 'completed' },
			],
		})
		expect(writeTurn({ ...rest, state: 'running' }, undefined, false)).toMatchObject({
			status: 'in_progress',
			completed_at: null,
			output: [],
			usage: null,
		})
	})

	test('that was not: its status and its partial output', () => {
		const ended = (change: Partial<Turn>) => writeTurn({ ...turn, ...change }, answer, false)
		const half = { completed_at: null, output: [{ status: 'completed' }, { status: 'incomplete' }] }
		expect(ended({ state: 'cancelled' })).toMatchObject({ ...half, status: 'cancelled', error: null })
		expect(ended({ state: 'interrupted' })).toMatchObject({
			...half,
			status: 'failed',
			error: { code: 'server_error' },
		})
		expect(ended({ state: 'failed', error: { code: 'rate-limited', message: 'Slow.' } })).toMatchObject({
			...half,
			status: 'failed',
			error: { code: 'rate_limit_exceeded', message: 'Slow.' },
		})
		expect(ended({ state: 'failed', error: { code: 'insufficient_quota', message: 'Q' } })).toMatchObject({
			error: { code: 'insufficient_quota' },
		})
		const answers = [{ message: answerId(id, 0), finishReason: 'content-filter' as const }]
		expect(ended({ state: 'incomplete', answers })).toMatchObject({
			...half,
			incomplete_details: { reason: 'content_filter' },
		})
	})

	test('returns its encrypted reasoning if requested', () => {
		const [reasoning] = Object(writeTurn(turn, answer, true)).output
		expect(readOpaque(reasoning.encrypted_content)).toBe('R')
		expect(Object(writeTurn(turn, answer, false)).output[0].encrypted_content).toBeUndefined()
	})
})

test('a response repeats its request in full: functions with each of their fields, formats too', () => {
	const shape = { metadata: {}, withEncryptedReasoning: false }
	const echo = {
		tools: [{ type: 'function', name: 'f', description: null }, { type: 'web_search' }],
		text: { format: { type: 'json_schema', name: 'n' }, verbosity: 'low' },
		conversation: true,
	}
	const identity = { token: id, created: 0, model: 'm', conversation: turn.conversation }
	expect(writeResponse(identity, { ...shape, echo }, { status: 'queued', output: [] })).toMatchObject({
		status: 'queued',
		conversation: { id: 'conv_0d6f3a5e000040008000000000000000' },
		tools: [
			{ type: 'function', name: 'f', description: null, parameters: null, strict: false },
			{ type: 'web_search' },
		],
		text: {
			format: { type: 'json_schema', name: 'n', description: null, schema: null, strict: false },
			verbosity: 'low',
		},
	})
})

test('ids of responses', () => {
	expect(readResponseId(`resp_${id}`)).toBe(id)
	for (const other of ['', id, `resp_${id}0`, `resp_${id.toUpperCase()}`, `chatcmpl-${id}`])
		expect(readResponseId(other)).toBeUndefined()
})

test('only text that was written here is read', () => {
	for (const text of ['', 'ü\n𝛑']) expect(readOpaque(writeOpaque(text))).toBe(text)
	for (const opaque of ['', 'gAAAAABo', `${writeOpaque('abc')}!`, writeOpaque('abc').slice(0, -2)])
		expect(readOpaque(opaque)).toBeUndefined()
})
