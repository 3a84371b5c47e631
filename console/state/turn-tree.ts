// The turns of a conversation as a tree: a turn continues from the last message of another one, and turns that continue from
// the same message are siblings. It does not know which branch is shown.

import type { Answer } from './answer.ts'

/** A question and its answer. */
export interface PageTurn {
	/** Id of the stored turn, or of this page as long as the server has not named one. */
	readonly id: string
	/** The message that it continues from; undefined at the start of the conversation. */
	readonly parent: string | undefined
	/** The message that a turn after this one continues from; undefined until the server has named the turn. */
	readonly last: string | undefined
	/** The first of its own messages; undefined until the server has named the turn. */
	readonly first?: string | undefined
	/** As requested. */
	readonly model: string
	readonly createdAtMs: number
	readonly question: Question
	readonly answer: Answer
	/** The further fields of the request; undefined for a turn that was read from the server. */
	readonly options?: Readonly<Record<string, unknown>> | undefined
	/** Id by which the page finds a turn again whose request may have been lost. */
	readonly clientId: string | undefined
	/** Id of the turn whose answer this one continues: its question is empty. */
	readonly continues: string | undefined
	/** A person has corrected the answer. */
	readonly edited?: boolean | undefined
	/** The column of a comparison that asked. */
	readonly column?: number | undefined
}

export interface ToolResult {
	readonly callId: string
	readonly output: string
}

export interface Question {
	readonly text: string
	/** Pictures as `data:` URLs. */
	readonly images: readonly string[]
	/** Attached texts, which are sent before the text of the question. */
	readonly documents?: readonly QuestionDocument[] | undefined
	/** Names of files that were sent as such. */
	readonly files: readonly string[]
	/** Results of tool calls, which the person gave instead of a question. */
	readonly results?: readonly ToolResult[] | undefined
	/**
	 * The text that the answer begins with, as the last item of `input`: that of the answer which is continued, if the server has not
	 * stored it, or the one that the person chose.
	 */
	readonly answered?: string | undefined
	/** The input items to send again, in the form of the Responses API. */
	readonly input: readonly unknown[]
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
		// Of two with one id the later one: a turn may be named after it was read.
		this.turns = new Map(turns.map((turn) => [turn.id, turn]))
		this.byParent = Map.groupBy(this.turns.values(), ({ parent }) => parent)
		this.byLast = new Map(this.all.flatMap((turn) => (turn.last === undefined ? [] : [[turn.last, turn] as const])))
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

	/** The turn that a message belongs to; ids of messages begin with their turn's. */
	containing(message: string): PageTurn | undefined {
		return this.byLast.get(message) ?? this.turns.get(message.replace(/-\w+$/, ''))
	}

	/** How many turns follow in all branches. */
	following(turn: PageTurn): number {
		let count = 0
		for (const rest = [...this.children(turn)]; ; count++) {
			const next = rest.pop()
			if (next === undefined) return count
			rest.push(...this.children(next))
		}
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

	/** Without the turn and all that follow it. */
	withoutBranch(turn: PageTurn): TurnTree {
		const removed = new Set<PageTurn>()
		for (const rest = [turn]; ; ) {
			const next = rest.pop()
			if (next === undefined) return this.filter((other) => !removed.has(other))
			removed.add(next)
			rest.push(...this.children(next).filter((child) => !removed.has(child)))
		}
	}

	without(id: string): TurnTree {
		return this.filter((turn) => turn.id !== id)
	}

	filter(keeps: (turn: PageTurn) => boolean): TurnTree {
		return new TurnTree([...this.turns.values()].filter(keeps))
	}
}

/** Continues an answer; with its text if the server has not stored it. */
export function continuation(answered?: string): Question {
	return { text: '', images: [], files: [], answered, input: answered === undefined ? [] : [answerInput(answered)] }
}

/** A message of the assistant in the form of the Responses API. */
export function answerInput(text: string): unknown {
	return { type: 'message', role: 'assistant', content: [{ type: 'output_text', text }] }
}

/** The question with another beginning of its answer. */
export function withBeginning(question: Question, answered: string): Question {
	return { ...question, answered, input: [...itemsOf(question), answerInput(answered)] }
}

/** The input items without the beginning of an answer. */
export const itemsOf = ({ input, answered }: Question): readonly unknown[] =>
	answered === undefined ? input : input.slice(0, -1)

/** Results of tool calls, as the page sends them. */
export function resultQuestion(results: readonly ToolResult[]): Question {
	return {
		text: '',
		images: [],
		files: [],
		results,
		input: results.map(({ callId, output }) => ({ type: 'function_call_output', call_id: callId, output })),
	}
}

/** A user message in the form of the Responses API. */
export function userInput(texts: readonly string[], images: readonly string[]): unknown {
	return {
		type: 'message',
		role: 'user',
		content: [
			...texts.map((text) => ({ type: 'input_text', text })),
			...images.map((image_url) => ({ type: 'input_image', image_url })),
		],
	}
}

/** A question with the input items that send it. */
export function writeQuestion(
	question: Pick<Question, 'text'> & Partial<Pick<Question, 'images' | 'documents' | 'files'>>,
): Question {
	const { text, images = [], documents = [], files = [] } = question
	const texts = [...documents.map(writeDocument), ...(text.trim() === '' ? [] : [text])]
	return { text, images, documents, files, input: [userInput(texts, images)] }
}

/** Models read the name with the text. A part of this form is a document when the conversation is read again, too. */
const writeDocument = ({ name, text }: QuestionDocument): string =>
	`<document name="${name.replaceAll('"', "'")}">\n${text}\n</document>`

/** Undefined if the text is no document of this form. */
export function readDocument(part: string): QuestionDocument | undefined {
	const [, name, text] = /^<document name="([^"\n]*)">\n([\s\S]*)\n<\/document>$/.exec(part) ?? []
	return name === undefined || text === undefined ? undefined : { name, text }
}

/** Whether the person wrote and attached nothing: an answer is continued, or calls are answered. */
export const isEmpty = ({ text, images, documents = [], files }: Question): boolean =>
	text === '' && images.length + documents.length + files.length === 0

/** The text of a question, or the name of the first document without one. */
export const nameOf = ({ text, documents = [], files }: Question): string =>
	text.trim() === '' ? (documents[0]?.name ?? files[0] ?? '') : text
