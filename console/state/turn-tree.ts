// The turns of a conversation as a tree: a turn continues from the last message of another one, and turns that continue from
// the same message are siblings. It does not know which branch is shown.

import type { ExportedConversation, ExportedMessage, ExportedTurn, StoredPart } from '../api/conversations.ts'
import type { Answer } from './answer.ts'
import { storedAnswer } from './stored-answer.ts'

/** A question and its answer. */
export interface PageTurn {
	/** Id of the stored turn, or of this page as long as the server has not named one. */
	readonly id: string
	/** The message that it continues from; undefined at the start of the conversation. */
	readonly parent: string | undefined
	/** The message that a turn after this one continues from; undefined until the server has named the turn. */
	readonly last: string | undefined
	readonly model: string
	readonly createdAtMs: number
	readonly question: Question
	readonly answer: Answer
	/** Id by which the page finds a turn again whose request may have been lost. */
	readonly clientId: string | undefined
	/** The further fields of the request; undefined for a turn that another page started. */
	readonly options?: Readonly<Record<string, unknown>> | undefined
	/** The column of a comparison that asked. */
	readonly column?: number | undefined
}

export interface Question {
	readonly text: string
	/** Pictures as `data:` URLs. */
	readonly images: readonly string[]
	/** Attached texts, which are sent before the text of the question. */
	readonly documents: readonly QuestionDocument[]
	/** Names of files that were sent as such. */
	readonly files: readonly string[]
	/** Results of calls: then the question is not a person's text. */
	readonly results: readonly ToolResult[]
	/** The input items to send again, in the form of the Responses API. */
	readonly input: readonly unknown[]
}

/** What a call of a tool returned. */
export interface ToolResult {
	readonly callId: string
	readonly output: string
}

export interface QuestionDocument {
	readonly name: string
	readonly text: string
}

export class TurnTree {
	private readonly turns: ReadonlyMap<string, PageTurn>
	/** By the message that they continue from, oldest first; `undefined` for the first ones. */
	private readonly byParent: ReadonlyMap<string | undefined, readonly PageTurn[]>
	private readonly byLast: ReadonlyMap<string, PageTurn>

	constructor(turns: readonly PageTurn[]) {
		this.turns = new Map(turns.map((turn) => [turn.id, turn]))
		this.byParent = Map.groupBy(turns, ({ parent }) => parent)
		this.byLast = new Map(turns.flatMap((turn) => (turn.last === undefined ? [] : [[turn.last, turn] as const])))
	}

	get all(): readonly PageTurn[] {
		return [...this.turns.values()]
	}

	find(id: string | undefined): PageTurn | undefined {
		return id === undefined ? undefined : this.turns.get(id)
	}

	/** The turn whose last message has this id. */
	endingWith(message: string | null): PageTurn | undefined {
		return message === null ? undefined : this.byLast.get(message)
	}

	/** The turn itself among the turns that continue from the same message, oldest first. */
	siblings(turn: PageTurn): readonly PageTurn[] {
		return this.byParent.get(turn.parent) ?? [turn]
	}

	children(turn: PageTurn): readonly PageTurn[] {
		return turn.last === undefined ? [] : (this.byParent.get(turn.last) ?? [])
	}

	get roots(): readonly PageTurn[] {
		return this.byParent.get(undefined) ?? []
	}

	/** From the first turn to `leaf`. */
	path(leaf: PageTurn | undefined): readonly PageTurn[] {
		const path: PageTurn[] = []
		const seen = new Set<PageTurn>()
		for (let turn = leaf; turn !== undefined && !seen.has(turn); turn = this.byLast.get(turn.parent ?? '')) {
			seen.add(turn)
			path.push(turn)
		}
		return path.reverse()
	}

	/** The end of the branch below `turn`: at each fork the turn in `preferred`, or else the newest. */
	leafBelow(turn: PageTurn, preferred: (turn: PageTurn) => boolean = () => false): PageTurn {
		let leaf = turn
		for (let next = this.children(leaf); next.length > 0; next = this.children(leaf))
			leaf = next.find(preferred) ?? next.at(-1) ?? leaf
		return leaf
	}

	with(turn: PageTurn): TurnTree {
		return new TurnTree([...this.turns.values(), turn])
	}

	/** With `turn` instead of the one that had the id `former`. */
	replace(former: string, turn: PageTurn): TurnTree {
		return new TurnTree([...this.turns.values()].map((other) => (other.id === former ? turn : other)))
	}

	without(id: string): TurnTree {
		return this.filter((turn) => turn.id !== id)
	}

	filter(keeps: (turn: PageTurn) => boolean): TurnTree {
		return new TurnTree([...this.turns.values()].filter(keeps))
	}
}

export function readTree({ messages, turns }: ExportedConversation): TurnTree {
	const byId = new Map(messages.map((message) => [message.id, message]))
	return new TurnTree(turns.map((turn) => readTurn(turn, byId)))
}

function readTurn(turn: ExportedTurn, messages: ReadonlyMap<string, ExportedMessage>): PageTurn {
	const inputs = turn.inputs.flatMap((id) => messages.get(id) ?? [])
	const answer = turn.answers[0]?.message
	return {
		id: turn.id,
		parent: turn.parent ?? undefined,
		last: answer ?? inputs.at(-1)?.id ?? turn.parent ?? undefined,
		model: turn.model,
		createdAtMs: turn.created_at * 1000,
		question: readQuestion(inputs),
		answer: storedAnswer(turn, answer === undefined ? undefined : messages.get(answer)),
		clientId: turn.metadata.client_id,
		column: turn.metadata.column === undefined ? undefined : Number(turn.metadata.column),
	}
}

/** The question is what the user wrote; messages of other roles are shown by their text, too. */
function readQuestion(inputs: readonly ExportedMessage[]): Question {
	const results = inputs.flatMap(readResult)
	if (results.length > 0) return writeResults(results)
	const parts = inputs.flatMap(({ message: { content } }) =>
		typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content,
	)
	const texts = parts.flatMap((part) => (part.type === 'text' ? [part.text] : []))
	return writeQuestion({
		text: texts.filter((text) => readDocument(text) === undefined).join('\n\n'),
		documents: texts.flatMap((text) => readDocument(text) ?? []),
		images: parts.flatMap((part) => (part.type === 'image' && part.url !== undefined ? [part.url] : [])),
		files: parts.flatMap((part: StoredPart & { readonly name?: string }) =>
			(part.type as string) === 'file' ? [part.name ?? ''] : [],
		),
	})
}

/** A question with the input items that send it. */
export function writeQuestion(
	question: Pick<Question, 'text'> & Partial<Pick<Question, 'images' | 'documents' | 'files'>>,
): Question {
	const { text, images = [], documents = [], files = [] } = question
	const texts = [...documents.map(writeDocument), ...(text.trim() === '' ? [] : [text])]
	return { text, images, documents, files, results: [], input: [userInput(texts, images)] }
}

/** Answers the calls of an answer. */
export function writeResults(results: readonly ToolResult[]): Question {
	return {
		text: '',
		images: [],
		documents: [],
		files: [],
		results,
		input: results.map(({ callId, output }) => ({ type: 'function_call_output', call_id: callId, output })),
	}
}

function readResult({ message: { role, content, callId } }: ExportedMessage): readonly ToolResult[] {
	if (role !== 'tool' || callId === undefined) return []
	const texts = typeof content === 'string' ? [content] : content.map((part) => (part.type === 'text' ? part.text : ''))
	return [{ callId, output: texts.join('') }]
}

/** Models read the name with the text. A part of this form is a document when the conversation is read again, too. */
const writeDocument = ({ name, text }: QuestionDocument): string =>
	`<document name="${name.replaceAll('"', "'")}">\n${text}\n</document>`

function readDocument(part: string): QuestionDocument | undefined {
	const [, name, text] = /^<document name="([^"\n]*)">\n([\s\S]*)\n<\/document>$/.exec(part) ?? []
	return name === undefined || text === undefined ? undefined : { name, text }
}

/** A user message in the form of the Responses API. */
function userInput(texts: readonly string[], images: readonly string[]): unknown {
	return {
		type: 'message',
		role: 'user',
		content: [
			...texts.map((text) => ({ type: 'input_text', text })),
			...images.map((image_url) => ({ type: 'input_image', image_url })),
		],
	}
}
