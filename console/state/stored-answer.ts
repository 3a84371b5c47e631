// Answers that the server has stored, as a conversation's export contains them.

import type { ExportedMessage, ExportedTurn, StoredPart } from '../api/conversations.ts'
import { Answer, type AnswerPart, type AnswerState } from './answer.ts'

/** The answer of a stored turn. */
export function storedAnswer(turn: ExportedTurn, message: ExportedMessage | undefined): Answer {
	if (turn.state === 'running') return new Answer({ type: 'detached', sinceMs: Date.now() })
	const content = message?.message.content ?? []
	const parts = typeof content === 'string' ? [textPart(content)] : content.map(partOfStored)
	const usage =
		turn.usage === null
			? undefined
			: {
					input: turn.usage.promptTokens,
					output: turn.usage.completionTokens,
					estimated: turn.usage.source !== 'reported',
				}
	return new Answer(storedState(turn), { parts, usage })
}

function storedState({ state, answers, error }: ExportedTurn): AnswerState {
	const finish = answers[0]?.finish_reason
	switch (state) {
		case 'cancelled':
			return { type: 'stopped' }
		case 'interrupted':
			return { type: 'failed', failure: { kind: 'restarted', message: '' } }
		case 'failed':
			return { type: 'failed', failure: { kind: 'other', message: messageOf(error) } }
		default:
			return { type: 'done', end: finish === 'length' ? 'length' : finish === 'content-filter' ? 'filter' : 'stop' }
	}
}

function partOfStored(part: StoredPart): AnswerPart {
	switch (part.type) {
		case 'text':
			return textPart(part.text)
		case 'reasoning':
			return { type: 'reasoning', text: part.text ?? '' }
		case 'refusal':
			return { type: 'refusal', text: part.text ?? part.refusal ?? '' }
		case 'tool-call':
			return { type: 'tool-call', name: part.name, arguments: part.arguments, callId: part.id }
		case 'image':
			return part.url?.startsWith('data:image/') === true
				? { type: 'image', url: part.url }
				: { type: 'other', kind: 'image' }
		default:
			return { type: 'other', kind: part.type }
	}
}

const textPart = (text: string): AnswerPart => ({ type: 'text', text })

function messageOf(error: unknown): string {
	return typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string'
		? error.message
		: ''
}
