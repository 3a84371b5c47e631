// Signatures that a client carries: through an answer, streamed and unary, and back in the input of the next request.

import { describe, expect, test } from 'bun:test'
import type { Completion } from '../../../chat/completion.ts'
import { eventsOfCompletion } from '../../../chat/completion-events.ts'
import type { AssistantPart, Signature } from '../../../chat/message.ts'
import { turnId } from '../../../conversations/turn-id.ts'
import { readEncryptedReasoning, writeEncryptedReasoning } from './encrypted-reasoning.ts'
import { ResponseEventWriter } from './event-writer.ts'
import { writeOpaque } from './opaque-text.ts'
import { readResponsesRequest } from './request-reader.ts'
import { type ResponseShape, writeCompletedResponse } from './response-writer.ts'

const identity = { token: turnId('0193a0000000700080000000000000ab'), created: 0, model: 'm', now: () => 0 }
const shape: ResponseShape = { echo: {}, metadata: {}, withEncryptedReasoning: true }
const usage = { promptTokens: 3, completionTokens: 2, cachedTokens: 0, reasoningTokens: 0, source: 'counted' } as const
const anthropic: Signature = { wire: 'anthropic', value: 'EqQB+/=', origin: 'api.example claude' }
const gemini: Signature = { wire: 'gemini', value: 'CiQB', origin: 'api.example gemini' }
const call = (id: string, signature?: Signature): AssistantPart => ({
	type: 'tool-call',
	kind: 'function',
	id,
	name: 'f',
	arguments: '{}',
	signature,
})
const text = (value: string): AssistantPart => ({ type: 'text', text: value })

const interleaved: readonly AssistantPart[] = [
	{ type: 'reasoning', text: 'First é', signature: anthropic },
	text('A'),
	call('c1'),
	{ type: 'reasoning', text: '', signature: anthropic, encrypted: true },
	{ type: 'reasoning', text: 'Second', signature: anthropic },
	call('c2', gemini),
	text('B'),
	{ type: 'reasoning', text: 'Unsigned' },
]

const completionOf = (parts: readonly AssistantPart[]): Completion => ({
	choices: [{ parts, finishReason: 'tool-calls' }],
	usage,
})

/** The output items of the answer, streamed and unary. */
function outputs(parts: readonly AssistantPart[], its: ResponseShape = shape, tagsSignatures?: boolean) {
	const completion = completionOf(parts)
	const context = { ...identity, tagsSignatures }
	const writer = new ResponseEventWriter(context, its)
	const events = eventsOfCompletion(completion).flatMap((event) =>
		writer
			.write(event)
			.split('\n\n')
			.flatMap((frame) => /^event: response\.completed\ndata: (.+)$/.exec(frame)?.[1] ?? [])
			.map((data) => JSON.parse(data)),
	)
	const whole = JSON.parse(JSON.stringify(writeCompletedResponse(completion, context, its)))
	return { streamed: events.at(-1).response.output, unary: whole.output }
}

function readBack(output: readonly unknown[]): readonly AssistantPart[] {
	const { request } = readResponsesRequest({
		model: 'm',
		input: [{ role: 'user', content: 'Hi' }, ...output],
		previous_response_id: 'resp_1',
	})
	const message = request.messages[1]
	return message?.role === 'assistant' ? message.content : []
}

const withoutOrigin = (parts: readonly AssistantPart[]) =>
	parts.map((part) =>
		'signature' in part && part.signature !== undefined
			? { ...part, signature: { wire: part.signature.wire, value: part.signature.value } }
			: part,
	)

describe('reasoning that a client carries', () => {
	test('comes back with its text, signature and position', () => {
		const { streamed, unary } = outputs(interleaved)
		expect(streamed).toEqual(unary)
		expect(readBack(unary)).toEqual(withoutOrigin(interleaved))
	})

	test('names the origin of its signature if the model has several', () => {
		const { streamed, unary } = outputs(interleaved, shape, true)
		expect(streamed).toEqual(unary)
		expect(readBack(unary)).toEqual([...interleaved])
	})

	test('has no encrypted content if the request did not include it', () => {
		const { streamed, unary } = outputs(interleaved, { ...shape, withEncryptedReasoning: false })
		expect(streamed).toEqual(unary)
		expect(unary.map(({ type }: { type: string }) => type)).toEqual([
			...['reasoning', 'message', 'function_call', 'reasoning', 'reasoning', 'function_call', 'message', 'reasoning'],
		])
		expect(JSON.stringify(unary)).not.toContain('encrypted_content')
	})

	test('is found even if the client changes the order of the items', () => {
		const parts = [call('c1', gemini), call('c2', { ...gemini, value: 'Other' })]
		const back = readBack(outputs(parts).unary.toReversed())
		expect(back).toEqual(withoutOrigin(parts.toReversed()))
	})
})

test("another server's encrypted content returns to the servers of this wire as it was", () => {
	const item = {
		type: 'reasoning',
		id: 'rs_1',
		summary: [{ type: 'summary_text', text: 'S' }],
		content: [{ type: 'reasoning_text', text: 'T' }],
		encrypted_content: 'gAAAAABo-_=',
		status: 'completed',
	}
	const [written] = outputs(readBack([item])).unary
	expect(written).toEqual({ ...item, id: expect.any(String) })
})

test('only content that was written here is opened', () => {
	const part = { text: 'T', signature: anthropic, encrypted: true } as const
	const written = writeEncryptedReasoning(part, true)
	expect(readEncryptedReasoning(written)).toEqual({ type: 'reasoning', ...part })
	expect(readEncryptedReasoning(writeOpaque('T'))).toEqual({ type: 'reasoning', text: 'T' })
	const json = (value: unknown) => `dgm2.${Buffer.from(JSON.stringify(value)).toString('base64')}`
	for (const broken of ['', 'dgm1.!', 'dgm2.', `${written}!`, written.slice(0, -3), json(1), json({ text: 'T' })])
		expect(readEncryptedReasoning(broken)).toBeUndefined()
})
