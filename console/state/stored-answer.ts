// Answers that the server has stored, as a conversation's export contains them.

import type { ExportedMessage, ExportedTurn, StoredPart } from '../api/conversations.ts'
import { Answer } from './answer.ts'
import type { AnswerPart } from './answer-part.ts'
import { type AnswerState, failureKind } from './answer-state.ts'

/** The answer of a stored turn. */
export function storedAnswer(turn: ExportedTurn, message: ExportedMessage | undefined): Answer {
	// After a restart of the server, what had arrived is in the events alone.
	const isInEvents = turn.state === 'interrupted' && message === undefined
	if (turn.state === 'running' || isInEvents) return new Answer({ type: 'detached', sinceMs: Date.now() })
	const content = message?.message.content ?? []
	const parts = typeof content === 'string' ? [textPart(content)] : content.map(partOfStored)
	const usage =
		turn.usage === null
			? undefined
			: {
					input: turn.usage.promptTokens,
					output: turn.usage.completionTokens,
					estimated: turn.usage.source !== 'upstream',
				}
	return new Answer(storedState(turn), {
		parts,
		usage,
		metrics: turn.metrics ?? undefined,
		model: turn.answer_model ?? undefined,
		leftOut: { dropped: turn.dropped ?? [], messages: turn.truncated ?? 0 },
	})
}

function storedState({ state, answers, error }: ExportedTurn): AnswerState {
	const finish = answers[0]?.finish_reason
	const message = fieldOf(error, 'message') ?? ''
	switch (state) {
		case 'cancelled':
			return { type: 'stopped' }
		case 'interrupted':
			return { type: 'failed', failure: { kind: 'restarted', message: '' } }
		case 'failed':
			return { type: 'failed', failure: { kind: failureKind(fieldOf(error, 'code'), message), message } }
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

function fieldOf(error: unknown, name: 'code' | 'message'): string | undefined {
	if (typeof error !== 'object' || error === null) return undefined
	const value: unknown = Reflect.get(error, name)
	return typeof value === 'string' ? value : undefined
}
