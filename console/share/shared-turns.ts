// The messages of a share as turns, and a copy of them as a conversation of one's own. It does not render.

import {
	appendItems,
	createConversation,
	type ExportedMessage,
	type ExportedTurn,
	type StoredPart,
} from '../api/conversations.ts'
import type { SharedBranch } from '../api/shares.ts'
import { partsOf, readTree } from '../state/read-tree.ts'
import { isEmpty, type PageTurn } from '../state/turn-tree.ts'

type StoredMessage = ExportedMessage['message']

interface SharedTurn extends ExportedTurn {
	readonly inputs: string[]
	answers: ExportedTurn['answers']
}

export function turnsOf({ title, messages: shared }: SharedBranch): readonly PageTurn[] {
	const messages = joinAnswers(shared)
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

type SharedMessages = SharedBranch['messages']

/** An answer that was continued is several messages of the assistant: the last one gets the text of all. */
function joinAnswers(messages: SharedMessages): SharedMessages {
	const joined: SharedMessages[number][] = []
	for (const one of messages) {
		const before = joined.at(-1)?.message
		const isContinued = before?.role === 'assistant' && one.message.role === 'assistant'
		joined.push(isContinued ? { ...one, message: { ...one.message, content: joinParts(before, one.message) } } : one)
	}
	return joined
}

function joinParts(before: StoredMessage, next: StoredMessage): readonly StoredPart[] {
	const [first, ...rest] = partsOf(next)
	const parts = partsOf(before)
	const last = parts.at(-1)
	if (first?.type !== 'text' || last?.type !== 'text')
		return [...parts, ...(first === undefined ? [] : [first]), ...rest]
	return [...parts.slice(0, -1), { type: 'text', text: last.text + first.text }, ...rest]
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
