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
	withBeginning,
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
	// What the client has written of the answer.
	const begun = turn.surface !== 'messages' && inputs.at(-1)?.message.role === 'assistant' ? inputs.pop() : undefined
	for (const message of inputs) {
		if (message.message.role !== 'assistant') {
			asked.push(message)
			continue
		}
		turns.push(readEarlier(turn, asked, message, parent))
		parent = message.id
		asked = []
	}
	if (begun !== undefined || asked.length > 0 || turn.answers.length > 0 || turns.length === 0)
		turns.push(readLast(turn, begun === undefined ? asked : [...asked, begun], parent, messages))
	return turns
}

/** A question and an answer that the client has sent. */
function readEarlier(
	turn: ExportedTurn,
	asked: readonly ExportedMessage[],
	answer: ExportedMessage,
	parent: string | undefined,
): PageTurn {
	const facts = { answers: [], answer_model: null, usage: null, metrics: null, dropped: [], truncated: 0 }
	const stored: ExportedTurn = { ...turn, ...facts, state: 'completed' }
	return {
		id: answer.id,
		parent,
		last: answer.id,
		first: asked[0]?.id ?? answer.id,
		model: turn.model,
		createdAtMs: answer.created_at * 1000,
		question: readQuestion(asked),
		answer: storedAnswer(stored, answer),
		clientId: undefined,
		continues: undefined,
		column: columnOf(turn),
		edited: turn.metadata.edited !== undefined,
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
		first: asked[0]?.id ?? answer ?? `${turn.id}-a0`,
		model: turn.model,
		createdAtMs: turn.created_at * 1000,
		question: continues ? continuation(asked.length === 0 ? undefined : textOf(asked)) : readBegun(asked),
		answer: storedAnswer(stored, answer === undefined ? undefined : messages.get(answer)),
		clientId: turn.metadata.client_id,
		continues: continues && before !== undefined ? pageTurnOf(before) : undefined,
		column: columnOf(turn),
	}
}

const columnOf = ({ metadata: { column } }: ExportedTurn): number | undefined =>
	column === undefined ? undefined : Number(column)

/** The id on this page of the turn that a message ends: answers that a client has sent are turns of their own. */
const pageTurnOf = ({ id, turn, message }: ExportedMessage): string =>
	message.role === 'assistant' && !id.startsWith(`${turn}-a`) ? id : turn

/** A question, and the beginning of its answer if that is the last message. */
function readBegun(asked: readonly ExportedMessage[]): Question {
	const last = asked.at(-1)
	if (last?.message.role !== 'assistant') return readQuestion(asked)
	return withBeginning(readQuestion(asked.slice(0, -1)), textOf([last]))
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
	const parts = asked.flatMap(({ message }) => partsOf(message))
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
		.flatMap(({ message }) => partsOf(message))
		.map((part) => (part.type === 'text' ? part.text : ''))
		.join('')

/** The parts of a message, whose content may be a text. */
export function partsOf({ content }: ExportedMessage['message']): readonly StoredPart[] {
	return typeof content === 'string' ? [{ type: 'text', text: content }] : content
}
