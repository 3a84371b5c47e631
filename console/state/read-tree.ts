// Reads the tree of a conversation from its export. A stored turn with several questions and answers among its inputs, as
// imports and clients without a history send them, is as many turns on the page.

import type { ExportedConversation, ExportedMessage, ExportedTurn, StoredPart } from '../api/conversations.ts'
import { storedAnswer } from './stored-answer.ts'
import {
	continuation,
	type PageTurn,
	type Question,
	readDocument,
	resultQuestion,
	TurnTree,
	writeQuestion,
} from './turn-tree.ts'

type Messages = ReadonlyMap<string, ExportedMessage>

export function readTree({ messages, turns }: ExportedConversation): TurnTree {
	const byId = new Map(messages.map((message) => [message.id, message]))
	return new TurnTree(turns.flatMap((turn) => readTurns(turn, byId)))
}

function readTurns(turn: ExportedTurn, messages: Messages): readonly PageTurn[] {
	const inputs = turn.inputs.flatMap((id) => messages.get(id) ?? [])
	if (isContinuation(turn, inputs)) return [readLast(turn, inputs, turn.parent ?? undefined, messages)]
	const turns: PageTurn[] = []
	let parent = turn.parent ?? undefined
	let asked: ExportedMessage[] = []
	for (const message of inputs) {
		if (message.message.role !== 'assistant') {
			asked.push(message)
			continue
		}
		turns.push(readEarlier(turn, asked, message, parent))
		parent = message.id
		asked = []
	}
	if (asked.length > 0 || turn.answers.length > 0 || turns.length === 0)
		turns.push(readLast(turn, asked, parent, messages))
	return turns
}

/** A question and an answer that the client has sent. */
function readEarlier(
	turn: ExportedTurn,
	asked: readonly ExportedMessage[],
	answer: ExportedMessage,
	parent: string | undefined,
): PageTurn {
	const stored: ExportedTurn = { ...turn, state: 'completed', answers: [], usage: null, metrics: null }
	return {
		id: answer.id,
		parent,
		last: answer.id,
		model: turn.model,
		createdAtMs: answer.created_at * 1000,
		question: readQuestion(asked),
		answer: storedAnswer(stored, answer),
		clientId: undefined,
		continues: undefined,
	}
}

function readLast(
	turn: ExportedTurn,
	asked: readonly ExportedMessage[],
	parent: string | undefined,
	messages: Messages,
): PageTurn {
	const answer = turn.answers[0]?.message
	const before = parent === undefined ? undefined : messages.get(parent)
	const continues = isContinuation(turn, asked)
	// No model has answered: a client has added the question.
	const isUnanswered = turn.surface === 'messages' && turn.state === 'completed' && answer === undefined
	const stored: ExportedTurn = isUnanswered ? { ...turn, state: 'cancelled' } : turn
	return {
		id: turn.id,
		parent,
		last: answer ?? asked.at(-1)?.id ?? parent,
		model: turn.model,
		createdAtMs: turn.created_at * 1000,
		question: continues ? continuation(asked.length === 0 ? undefined : textOf(asked)) : readQuestion(asked),
		answer: storedAnswer(stored, answer === undefined ? undefined : messages.get(answer)),
		clientId: turn.metadata.client_id,
		continues: continues ? before?.turn : undefined,
		column: turn.metadata.column === undefined ? undefined : Number(turn.metadata.column),
	}
}

/** Whether an incomplete answer is continued: there is no question, or only that answer was sent. */
const isContinuation = (turn: ExportedTurn, inputs: readonly ExportedMessage[]): boolean =>
	turn.parent !== null && turn.surface !== 'messages' && inputs.every(({ message }) => message.role === 'assistant')

/** The question is what the user wrote; messages of other roles are shown by their text, too. */
function readQuestion(asked: readonly ExportedMessage[]): Question {
	const results = asked.flatMap((message) => {
		const { role, callId } = message.message
		return role === 'tool' && callId !== undefined ? [{ callId, output: textOf([message]) }] : []
	})
	if (results.length > 0 && results.length === asked.length) return resultQuestion(results)
	const parts = asked.flatMap(partsOf)
	const texts = parts.flatMap((part) => (part.type === 'text' ? [part.text] : []))
	const question = writeQuestion({
		text: texts.filter((text) => readDocument(text) === undefined).join('\n\n'),
		documents: texts.flatMap((text) => readDocument(text) ?? []),
		images: parts.flatMap((part) => (part.type === 'image' && part.url !== undefined ? [part.url] : [])),
		files: parts.flatMap((part: StoredPart & { readonly name?: string }) =>
			(part.type as string) === 'file' ? [part.name ?? ''] : [],
		),
	})
	return asked.length === 0 ? { ...question, input: [] } : question
}

const textOf = (messages: readonly ExportedMessage[]): string =>
	messages
		.flatMap(partsOf)
		.map((part) => (part.type === 'text' ? part.text : ''))
		.join('')

function partsOf({ message: { content } }: ExportedMessage): readonly StoredPart[] {
	return typeof content === 'string' ? [{ type: 'text', text: content }] : content
}
