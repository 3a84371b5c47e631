// One prompt for two to four models: each column is a branch of one conversation, so that any column can be continued alone.
// It does not render.

import { batch, computed, signal } from '@preact/signals'
import { changeConversation, createConversation, readConversation } from '../api/conversations.ts'
import { isAbort } from '../api/server.ts'
import type { AnswerFailure } from './answer-state.ts'
import { Chat } from './chat.ts'
import { addConversation, conversations, showConversation } from './conversation-list.ts'
import { Draft } from './draft.ts'
import { describeFailure } from './follow-answer.ts'
import { model, models } from './models.ts'
import { ConversationOptions } from './request-options.ts'
import { navigate } from './route.ts'
import { thisDevice } from './storage.ts'
import { titleOf } from './title.ts'
import { nameOf, type PageTurn, type Question } from './turn-tree.ts'
import { readModels, readVotes, type Vote, writeVotes } from './votes.ts'

export const columnCounts = { least: 2, most: 4 } as const

export class CompareColumn {
	readonly number: number
	readonly model
	readonly chat: Chat

	/** The questions so far, without answers to calls of tools and without continuations. */
	readonly asked = computed<readonly PageTurn[]>(() => this.chat.path.value.filter(isAsked))

	constructor(number: number, model: string, { id, options, draft }: Pick<Comparison, 'id' | 'options' | 'draft'>) {
		this.number = number
		this.model = signal(model)
		this.chat = new Chat(id.value, { number, model: () => this.model.value, options, draft })
	}
}

const isAsked = ({ question, continues }: PageTurn): boolean =>
	question.results === undefined && continues === undefined

export class Comparison {
	readonly id = signal<string | undefined>(undefined)
	readonly state = signal<'open' | 'loading' | 'failed'>('open')
	/** Why the comparison could not begin. */
	readonly failure = signal<AnswerFailure | undefined>(undefined)
	readonly columns = signal<readonly CompareColumn[]>([])
	readonly votes = signal<readonly Vote[]>([])
	readonly options: ConversationOptions
	readonly draft: Draft
	/** The questions so far; all columns have the same ones. */
	readonly path = computed<readonly PageTurn[]>(() => this.columns.value[0]?.asked.value ?? [])
	/** Whether the conversation is being created. */
	private readonly beginning = signal(false)
	readonly isAnswering = computed(
		() => this.beginning.value || this.columns.value.some(({ chat }) => chat.isAnswering.value),
	)
	/** Whether every column has answered the newest question. */
	readonly canVote = computed(
		() =>
			this.path.value.length > 0 &&
			this.columns.value.every(({ asked }) => asked.value.length === this.path.value.length) &&
			!this.isAnswering.value,
	)
	/** The metadata when the comparison was opened. The list of conversations may have a newer one. */
	private opened: Readonly<Record<string, string>> = {}
	private view: { readonly view?: 'compare' } = { view: 'compare' }
	private readonly ending = new AbortController()

	constructor(id?: string) {
		this.options = new ConversationOptions(id ?? 'compare')
		this.draft = new Draft(id)
		this.id.value = id
		if (id !== undefined) {
			this.state.value = 'loading'
			void this.load(id)
		} else this.columns.value = firstModels().map((name, number) => this.newColumn(number, name))
	}

	/** Stops reading: the answers continue on the server. */
	close(): void {
		this.ending.abort()
		for (const { chat } of this.columns.value) chat.close()
	}

	/** Whether every column knows what a question continues. */
	get isLoaded(): boolean {
		return this.state.value === 'open' && this.columns.value.every(({ chat }) => chat.isLoaded)
	}

	/** The vote on the newest question. */
	get vote(): Vote {
		return this.votes.value[this.path.value.length - 1]
	}

	/** If the conversation cannot be created, nothing is sent: the question is the draft again. */
	async ask(question: Question): Promise<void> {
		batch(() => {
			this.failure.value = undefined
			this.beginning.value = true
		})
		try {
			if (this.id.value === undefined) await this.begin(question)
		} catch (failure) {
			batch(() => {
				this.failure.value = describeFailure(failure)
				this.beginning.value = false
				this.draft.restore(question)
			})
			return
		}
		await batch(() => {
			this.beginning.value = false
			return Promise.all(this.columns.value.map(({ chat }) => chat.ask(question)))
		})
	}

	async stop(): Promise<void> {
		await Promise.all(this.columns.value.map(({ chat }) => chat.stop()))
	}

	/** Only before the second question: a model without the first answers could not be compared. */
	get canAdd(): boolean {
		return this.columns.value.length < columnCounts.most && this.path.value.length <= 1 && !this.isAnswering.value
	}

	/** Adds a model that is not compared yet, and asks it the same question. */
	addColumn(): void {
		const used = new Set(this.columns.value.map((column) => column.model.value))
		const name = models.value?.find(({ id }) => !used.has(id))?.id ?? model.value?.id
		if (name === undefined || !this.canAdd) return
		const question = this.path.value[0]?.question
		const column = this.newColumn(this.columns.value.length, name)
		this.columns.value = [...this.columns.value, column]
		this.votes.value = []
		void this.store().catch(() => undefined)
		if (question !== undefined) void column.chat.ask(question)
	}

	/** Only before the first question. */
	removeColumn(column: CompareColumn): void {
		if (this.columns.value.length <= columnCounts.least || this.path.value.length > 0) return
		for (const { chat } of this.columns.value) chat.close()
		// The numbers of columns are their positions.
		this.columns.value = this.columns.value
			.filter((other) => other !== column)
			.map((other, number) => this.newColumn(number, other.model.value))
		void this.store().catch(() => undefined)
	}

	chooseModel(column: CompareColumn, name: string): void {
		column.model.value = name
		void this.store().catch(() => undefined)
	}

	/** Gives the columns an order that the person does not know. */
	shuffle(): void {
		const names = this.columns.value.map((column) => column.model.value)
		for (let last = names.length - 1; last > 0; last--) {
			const other = Math.floor(Math.random() * (last + 1))
			const [moved = '', replaced = ''] = [names[last], names[other]]
			names[last] = replaced
			names[other] = moved
		}
		for (const [index, column] of this.columns.value.entries()) column.model.value = names[index] ?? ''
	}

	/**
	 * Prefers a column by its position, or none of them; the same vote again withdraws it.
	 *
	 * @throws ServerError | ConnectionLost if the vote could not be stored.
	 */
	async castVote(vote: Exclude<Vote, undefined>): Promise<void> {
		if (!this.canVote.value || (typeof vote === 'number' && vote >= this.columns.value.length)) return
		const round = this.path.value.length - 1
		const votes = Array.from({ length: round + 1 }, (_, index) => this.votes.value[index])
		votes[round] = votes[round] === vote ? undefined : vote
		this.votes.value = votes
		await this.store()
	}

	/** Shows the branch of the column as a conversation. */
	async continueAlone(column: CompareColumn): Promise<void> {
		const id = this.id.value
		if (id === undefined) return
		thisDevice.write(`leaf.${id}`, column.chat.leaf.value)
		this.view = {}
		await this.store()
		navigate({ name: 'conversation', id })
	}

	private newColumn(number: number, name: string): CompareColumn {
		return new CompareColumn(number, name, this)
	}

	private async begin(question: Question): Promise<void> {
		const { id, created_at } = await createConversation({ metadata: this.currentMetadata() })
		const title = titleOf(nameOf(question))
		batch(() => {
			this.id.value = id
			for (const { chat } of this.columns.value) chat.joinConversation(id)
		})
		if (!this.ending.signal.aborted) {
			this.options.moveTo(id)
			this.draft.moveTo(id)
		}
		addConversation({ id, created_at, title, metadata: this.currentMetadata() })
		// The conversation is usable without its title.
		void changeConversation(id, { title }).catch(() => undefined)
		if (!this.ending.signal.aborted) navigate({ name: 'compare', id }, 'replace')
	}

	private async load(id: string): Promise<void> {
		try {
			const { metadata } = await readConversation(id, this.ending.signal)
			const names = readModels(metadata)
			this.opened = metadata
			batch(() => {
				this.columns.value = (names.length < columnCounts.least ? firstModels() : names).map((name, number) =>
					this.newColumn(number, name),
				)
				this.votes.value = readVotes(metadata)
				this.state.value = 'open'
			})
		} catch (failure) {
			if (!isAbort(failure)) this.state.value = 'failed'
		}
	}

	private currentMetadata(): Readonly<Record<string, string>> {
		const compare = JSON.stringify(this.columns.value.map((column) => column.model.value))
		const listed = conversations.value.items.find(({ id }) => id === this.id.value)?.metadata
		const { view: _, ...metadata } = listed ?? this.opened
		return { ...metadata, ...this.view, compare, votes: writeVotes(this.votes.value) }
	}

	/** A failure leaves what is on screen; the next change stores it, too. */
	private async store(): Promise<void> {
		const id = this.id.value
		if (id === undefined) return
		showConversation(await changeConversation(id, { metadata: this.currentMetadata() }))
	}
}

/** The chosen model and the next one of the list. */
function firstModels(): readonly string[] {
	const chosen = model.value?.id
	const others = models.value?.map(({ id }) => id).filter((id) => id !== chosen) ?? []
	const names = [chosen, ...others].filter((name) => name !== undefined).slice(0, columnCounts.least)
	return names.length === 1 ? [...names, ...names] : names
}
