// The messages of a share as turns, and a copy of them as a conversation of one's own. It does not render.

import { appendItems, createConversation, type ExportedTurn } from '../api/conversations.ts'
import type { SharedBranch } from '../api/shares.ts'
import { readTree } from '../state/read-tree.ts'
import { isEmpty, type PageTurn } from '../state/turn-tree.ts'

interface SharedTurn extends ExportedTurn {
	readonly inputs: string[]
	answers: ExportedTurn['answers']
}

export function turnsOf({ title, messages }: SharedBranch): readonly PageTurn[] {
	const turns: SharedTurn[] = []
	for (const { id, parent, created_at, model, partial, message } of messages) {
		const last = turns.at(-1)
		const isAnswer = message.role === 'assistant'
		const fits = last !== undefined && (last.answers.length === 0 || message.role !== 'user')
		const turn: SharedTurn = fits
			? last
			: { id, parent, created_at, model, state: 'completed', inputs: [], answers: [], ...noFacts }
		if (!fits) turns.push(turn)
		// Between calls of tools, the last answer is shown.
		if (isAnswer) turn.answers = [{ message: id, finish_reason: null }]
		else if (message.role === 'user') turn.inputs.push(id)
		if (isAnswer && partial) turns[turns.length - 1] = { ...turn, state: 'cancelled' }
	}
	const conversation = { id: '', created_at: 0, updated_at: 0, title, metadata: {} }
	return readTree({ conversation, head: null, messages: messages.map((one) => ({ ...one, turn: '' })), turns }).all
}

const noFacts = { surface: 'messages', usage: null, metrics: null, error: null, metadata: {}, ended_at: null }

/** @returns the id of the copy. @throws ServerError | ConnectionLost */
export async function copyShare(branch: SharedBranch): Promise<string> {
	const { id } = await createConversation({ title: branch.title ?? undefined, metadata: {} })
	let parent = 'none'
	for (const { question, answer, model } of turnsOf(branch)) {
		const answered = {
			type: 'message',
			role: 'assistant',
			content: [{ type: 'output_text', text: answer.text, annotations: [] }],
		}
		const items = [...(isEmpty(question) ? [] : question.input), ...(answer.text === '' ? [] : [answered])]
		if (items.length > 0) parent = await appendItems(id, { items, parent, model })
	}
	return id
}
