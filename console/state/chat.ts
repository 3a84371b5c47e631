// The conversation on screen: its tree, the branch that is shown, and everything that changes it: questions, edits, other
// answers to the same question, stop. It does not render.

import { batch, computed, signal } from '@preact/signals'
import { changeConversation, exportConversation } from '../api/conversations.ts'
import { cancelAnswer, startAnswer } from '../api/responses.ts'
import { isAbort } from '../api/server.ts'
import { Answer } from './answer.ts'
import { addConversation, conversations, markRunning } from './conversation-list.ts'
import { describeFailure, followAnswer } from './follow-answer.ts'
import { model } from './models.ts'
import { ConversationOptions, fieldsOf } from './request-options.ts'
import { navigate } from './route.ts'
import { thisDevice } from './storage.ts'
import {
	type PageTurn,
	type Question,
	readTree,
	type ToolResult,
	TurnTree,
	writeQuestion,
	writeResults,
} from './turn-tree.ts'

export type ChatState =
	| { readonly type: 'new' }
	| { readonly type: 'loading' }
	| { readonly type: 'open' }
	| { readonly type: 'failed'; readonly failure: unknown }

const empty = new TurnTree([])
let chats = 0

/** What distinguishes a column of a comparison from a conversation alone. */
export interface ChatColumn {
	/** Written into the metadata of its turns. */
	readonly number: number
	/** The model that answers, instead of the one that the person chose for new questions. */
	readonly model: () => string | undefined
	readonly options: ConversationOptions
}

/** A conversation on screen. A page that shows another one makes another `Chat`; answers continue in this one. */
export class Chat {
	/** Distinguishes the conversations of this page, of which new ones have no id yet. */
	readonly number = ++chats
	/** Undefined until the first answer of a new conversation has started. */
	readonly id = signal<string | undefined>(undefined)
	readonly state = signal<ChatState>({ type: 'new' })
	readonly tree = signal<TurnTree>(empty)
	/** Id of the last turn of the branch that is shown. */
	readonly leaf = signal<string | undefined>(undefined)
	/** What the person set for the next requests. */
	readonly options: ConversationOptions
	readonly path = computed(() => this.tree.value.path(this.tree.value.find(this.leaf.value)))
	readonly isAnswering = computed(() => this.path.value.some(({ answer }) => answer.state.value && answer.isRunning))
	private readonly column: ChatColumn | undefined
	private readonly ending = new AbortController()

	/** @param column shows the branch of this column alone. */
	constructor(id?: string, column?: ChatColumn) {
		this.column = column
		this.options = column?.options ?? new ConversationOptions(id)
		if (id === undefined) return
		this.id.value = id
		this.state.value = { type: 'loading' }
		void this.load(id)
	}

	/** Stops reading: the answers continue on the server. */
	close(): void {
		this.ending.abort()
	}

	/** Asks a question after the end of the branch that is shown. */
	ask(question: Question): void {
		const end = this.path.value.at(-1)
		this.begin(question, end?.last)
	}

	/** Sends the results of the calls of an answer. */
	answerCalls(turn: PageTurn, results: readonly ToolResult[]): void {
		this.begin(writeResults(results), turn.last)
	}

	/** Asks another question instead of the turn's, as a branch beside it. */
	edit(turn: PageTurn, text: string): void {
		this.begin(writeQuestion({ ...turn.question, text }), turn.parent)
	}

	/** Asks the turn's question again, as a branch beside it. */
	regenerate(turn: PageTurn): void {
		this.begin(turn.question, turn.parent)
	}

	/** Sends a question again that was not answered. */
	retry(turn: PageTurn): void {
		if (turn.last !== undefined) {
			this.regenerate(turn)
			return
		}
		batch(() => {
			this.tree.value = this.tree.value.without(turn.id)
			this.begin(turn.question, turn.parent)
		})
	}

	/** Cancels the answers of the branch on the server; what arrived remains. */
	async stop(): Promise<void> {
		for (const { id, answer, last } of this.path.value) {
			if (!answer.isRunning) continue
			if (last !== undefined) await cancelAnswer(`resp_${id}`).catch((failure) => answer.fail(describeFailure(failure)))
			else answer.state.value = { type: 'stopped' }
		}
	}

	/** Shows the branch of a sibling, at its end that was shown last. */
	show(turn: PageTurn): void {
		const visited = new Set(this.visited)
		this.leaf.value = this.tree.value.leafBelow(turn, ({ id }) => visited.has(id)).id
		this.rememberLeaf()
	}

	private async load(id: string): Promise<void> {
		try {
			const exported = await exportConversation(id, this.ending.signal)
			// The other columns are not branches of this one.
			const tree = readTree(exported).filter((turn) => this.contains(turn))
			batch(() => {
				this.tree.value = tree
				this.leaf.value = this.firstLeaf(id, tree, exported.head)?.id
				this.state.value = { type: 'open' }
			})
			for (const turn of tree.all) if (turn.answer.isRunning) void this.follow(turn)
		} catch (failure) {
			if (!isAbort(failure)) this.state.value = { type: 'failed', failure }
		}
	}

	private firstLeaf(id: string, tree: TurnTree, head: string | null): PageTurn | undefined {
		if (this.column !== undefined) return tree.all.at(-1)
		return tree.find(thisDevice.read(`leaf.${id}`)) ?? tree.endingWith(head) ?? tree.all.at(-1)
	}

	private contains({ column }: PageTurn): boolean {
		return this.column === undefined || column === this.column.number
	}

	private begin(question: Question, parent: string | undefined): void {
		const modelId = this.column === undefined ? model.value?.id : this.column.model()
		if (modelId === undefined) return
		const clientId = crypto.randomUUID()
		const answer = new Answer({ type: 'sending' })
		const turn: PageTurn = {
			id: `new-${clientId}`,
			parent,
			last: undefined,
			model: modelId,
			createdAtMs: Date.now(),
			question,
			answer,
			clientId,
			options: fieldsOf(this.options.value.value),
			column: this.column?.number,
		}
		batch(() => {
			this.tree.value = this.tree.value.with(turn)
			this.leaf.value = turn.id
			this.state.value = { type: 'open' }
		})
		void this.send(turn)
	}

	private async send(turn: PageTurn): Promise<void> {
		const known = this.id.value
		const isFirst = known === undefined
		try {
			const started = await startAnswer(
				{
					model: turn.model,
					input: turn.question.input,
					metadata: metadataOf(turn),
					conversation: known ?? 'new',
					parent: isFirst ? undefined : (turn.parent ?? 'none'),
					previous: turn.question.results.length === 0 ? undefined : responseOf(turn.parent),
					options: turn.options ?? {},
				},
				this.ending.signal,
			)
			if (isFirst && started.conversation !== undefined) this.becomeConversation(started.conversation, turn.question)
			await this.follow(turn, started)
		} catch (failure) {
			if (!isAbort(failure)) turn.answer.fail(describeFailure(failure))
		}
	}

	private async follow(turn: PageTurn, started?: Parameters<typeof followAnswer>[1]['started']): Promise<void> {
		let id = turn.last === undefined ? undefined : `resp_${turn.id}`
		const conversation = this.id.value
		if (conversation !== undefined) markRunning(conversation, true)
		await followAnswer(turn.answer, { id: () => id, started }, this.ending.signal, (event) => {
			if (id !== undefined || event.response === undefined) return
			id = event.response.id
			this.nameTurn(turn, id.replace(/^resp_/, ''))
		})
		if (conversation !== undefined) markRunning(conversation, false)
	}

	/** The server has named the turn: its answer's message has the id `<turn>-a0`. */
	private nameTurn(turn: PageTurn, id: string): void {
		batch(() => {
			this.tree.value = this.tree.value.replace(turn.id, { ...turn, id, last: `${id}-a0` })
			if (this.leaf.value === turn.id) this.leaf.value = id
		})
		this.rememberLeaf()
	}

	private becomeConversation(id: string, question: Question): void {
		this.id.value = id
		this.options.moveTo(id)
		const title = titleOf(question.text.trim() === '' ? (question.documents[0]?.name ?? '') : question.text)
		addConversation({ id, created_at: Math.floor(Date.now() / 1000), title, metadata: {} })
		// The conversation is usable without its title: a failure must not look like one of the answer.
		void changeConversation(id, { title }).catch(() => undefined)
		if (!this.ending.signal.aborted) navigate({ name: 'conversation', id }, 'replace')
	}

	private get visited(): readonly string[] {
		return this.path.value.map(({ id }) => id)
	}

	private rememberLeaf(): void {
		if (this.column === undefined && this.id.value !== undefined)
			thisDevice.write(`leaf.${this.id.value}`, this.leaf.value)
	}
}

/** The response that has this message. */
const responseOf = (message: string | undefined): string | undefined =>
	message === undefined ? undefined : `resp_${message.replace(/-a\d+$/, '')}`

function metadataOf({ clientId = '', column }: PageTurn): Readonly<Record<string, string>> {
	return column === undefined ? { client_id: clientId } : { client_id: clientId, column: String(column) }
}

/** The title in the list, if the conversation is in it. */
export const titleInList = (id: string | undefined): string | undefined =>
	conversations.value.items.find((item) => item.id === id)?.title ?? undefined

/** The first line of the question, up to 60 characters, cut between words. */
export function titleOf(question: string): string {
	const line = question.trim().split('\n')[0] ?? ''
	if (line.length <= 60) return line
	const cut = line.slice(0, 60)
	const space = cut.lastIndexOf(' ')
	return `${space > 30 ? cut.slice(0, space) : cut}…`
}
