// The conversation on screen: its tree, the branch that is shown, and everything that changes it: questions, edits, other
// answers to the same question, continuations, stop. It does not render.

import { batch, signal } from '@preact/signals'
import { type ExportedConversation, exportConversation } from '../api/conversations.ts'
import { isAbort, isKeyRefused } from '../api/server.ts'
import { withoutDeleted } from './branch-deletions.ts'
import type { ChatColumn } from './chat-column.ts'
import { newClientId } from './client-id.ts'
import { whenTrue } from './condition.ts'
import { waitForConnection } from './connection.ts'
import type { SharedTurn } from './conversation-channel.ts'
import { Draft } from './draft.ts'
import { isLoss } from './follow-answer.ts'
import { model } from './models.ts'
import { type OutboxEntry, removeEntry, storeEntry, whileSending } from './outbox.ts'
import { readTree } from './read-tree.ts'
import { markRunning, running } from './ready-answers.ts'
import { probabilityFields, resultFields } from './request-fields.ts'
import { ConversationOptions, fieldsOf } from './request-options.ts'
import { ResumedBranches } from './resumed-branches.ts'
import { messageInAddress } from './route.ts'
import { signedInAgain } from './session.ts'
import { thisDevice } from './storage.ts'
import { continuation, type PageTurn, type Question, withBeginning, writeQuestion } from './turn-tree.ts'

/** What a turn has besides its question. */
type Further = Partial<Pick<PageTurn, 'continues' | 'options' | 'model'>>

let chats = 0

/** A conversation on screen. A page that shows another one makes another `Chat`; answers continue on the server. */
export class Chat extends ResumedBranches {
	/** Distinguishes the conversations of this page, of which new ones have no id yet. */
	readonly number = ++chats
	/** Counts the questions of this tab: the view follows the newest. */
	readonly asked = signal(0)
	/** Questions wait for an answer in progress, and are sent after it. */
	readonly queues = true
	/** What the person set for the next requests. */
	readonly options: ConversationOptions
	private shortened = false
	/** A question waits until the models are known. */
	private isWaiting = false
	/** Another tab has changed the conversation since its export was requested. */
	private isOutdated = false

	/** @param column shows and asks in the branch of this column alone. */
	constructor(id?: string, column?: ChatColumn) {
		super(column?.draft ?? new Draft(id), column)
		this.options = column?.options ?? new ConversationOptions(id)
		this.id.value = id
		if (id === undefined) {
			if (column !== undefined) return
			this.queue.open(undefined)
			this.resumeFirst()
			return
		}
		this.state.value = { type: 'loading' }
		void this.load(id)
	}

	/** A column of a comparison has one model. */
	get choosesModel(): boolean {
		return this.column === undefined
	}

	/** The conversation of this column exists now. */
	joinConversation(id: string): void {
		this.id.value = id
		this.openChannel(id)
	}

	/** Whether another `Chat` of the same conversation would show the same: no question is being sent, and no answer read. */
	get isSettled(): boolean {
		const { all } = this.tree.value
		if (this.id.value === undefined) return all.length === 0
		return this.queue.items.value.length === 0 && !all.some(({ answer }) => answer.isRunning)
	}

	/** Stops reading: the answers continue on the server. */
	close(): void {
		this.queue.leaveNew()
		this.ending.abort()
	}

	/**
	 * Asks a question after the end of the branch that is shown, or after its answer in progress. Resolves when a reload cannot lose
	 * the question any more.
	 */
	async ask(question: Question): Promise<void> {
		if (this.isAnswering.value) this.queue.add(question)
		else await this.begin(question, this.path.value.at(-1)?.last)
	}

	/** Asks the oldest question that waits for an answer. */
	askQueued(): void {
		if (this.modelId === undefined) {
			void this.onceKnown(() => this.askQueued())
			return
		}
		const question = this.isAnswering.value ? undefined : this.queue.take()
		if (question !== undefined) void this.ask(question)
	}

	/** Asks another question instead of the turn's, as a branch beside it. */
	edit(turn: PageTurn, text: string): void {
		void this.begin(writeQuestion({ ...turn.question, text }), turn.parent)
	}

	/** Asks the turn's question again, as a branch beside it, with further fields of the request or of another model. */
	regenerate(turn: PageTurn, more: Pick<Further, 'options' | 'model'> = {}): void {
		void this.begin(turn.question, turn.parent, { ...more, continues: turn.continues })
	}

	/** Continues an answer, as a turn of its own. */
	continue(turn: PageTurn): void {
		const { id, last, answer } = turn
		const isStored = last === `${id}-a0` || last === id || answer.text === ''
		void this.begin(continuation(isStored ? undefined : answer.text), last, { continues: id })
	}

	/** Answers the turn's question again, as a branch beside it, with an answer that begins with `answered`. */
	answerFrom(turn: PageTurn, answered: string, options: Further['options']): void {
		void this.begin(withBeginning(turn.question, answered), turn.parent, { options, model: turn.model })
	}

	/** Sends a question again: instead of the turn if the server does not have it. */
	retry(turn: PageTurn, more: Pick<Further, 'options' | 'model'> = {}): void {
		if (turn.last !== undefined) {
			this.regenerate(turn, more)
			return
		}
		if ((more.model ?? this.modelId) === undefined) {
			void this.onceKnown(() => {
				// It may have been withdrawn, or sent by another click.
				if (this.tree.value.find(turn.id) !== undefined) this.retry(turn, more)
			})
			return
		}
		if (turn.clientId !== undefined) removeEntry(turn.clientId)
		batch(() => {
			this.remove(turn)
			void this.begin(turn.question, turn.parent, {
				options: probabilityFields(turn),
				...more,
				continues: turn.continues,
			})
		})
	}

	/** Leaves out the oldest turns from now on, so that the conversation fits the model, and sends the question again. */
	leaveOutOldest(turn: PageTurn): void {
		this.shortened = true
		if (this.id.value !== undefined) thisDevice.write(`shortened.${this.id.value}`, 'true')
		this.retry(turn)
	}

	/** Of the model that answers; undefined before the models are known. */
	private get modelId(): string | undefined {
		return this.column === undefined ? model.value?.id : this.column.model()
	}

	/** Resolves when the models are known, or when the conversation is closed. */
	private modelKnown(): Promise<void> {
		return whenTrue(() => this.modelId !== undefined, this.ending.signal)
	}

	/** Runs when the models are known, unless the conversation is closed before. */
	private async onceKnown(run: () => void): Promise<void> {
		await this.modelKnown()
		if (!this.isClosed) run()
	}

	private async load(id: string): Promise<void> {
		const { signal } = this.ending
		// A change in another tab during an export requires another export.
		this.openChannel(id)
		for (let attempt = 0; !signal.aborted; attempt++) {
			try {
				const first = await exportConversation(id, signal)
				const isOutdated = this.isOutdated
				this.isOutdated = false
				this.open(id, isOutdated ? await exportConversation(id, signal) : first)
				if (this.isOutdated) void this.refresh()
				return
			} catch (failure) {
				if (isAbort(failure)) return
				if (isLoss(failure)) {
					this.showOutbox(id)
					this.state.value = { type: 'loading', failure }
					await waitForConnection(attempt, signal)
				} else if (isKeyRefused(failure)) await signedInAgain(signal)
				else {
					this.state.value = { type: 'failed', failure }
					return
				}
			}
		}
	}

	private open(id: string, exported: ExportedConversation): void {
		const all = readTree(exported)
		for (const turn of running.peek().get(id) ?? [])
			if (all.find(turn)?.answer.isRunning === false) markRunning(id, turn, false)
		// The other columns are not branches of this one.
		const tree = withoutDeleted(all, id).filter((turn) => this.contains(turn))
		const newest = tree.endingWith(exported.head) ?? tree.all.at(-1)
		const named = messageInAddress()
		const shown = named === undefined ? undefined : tree.containing(named)
		const last = shown ?? tree.find(thisDevice.read(this.leafEntry(id)))
		batch(() => {
			this.tree.value = tree
			const leaf = last === undefined ? newest : tree.leafBelow(last)
			if (leaf !== undefined) this.showLeaf(leaf.id)
			this.state.value = { type: 'open' }
		})
		this.shortened = thisDevice.read(`shortened.${id}`) !== undefined
		if (this.column === undefined) this.queue.open(id)
		for (const turn of tree.all) if (turn.answer.isRunning) void this.read(turn)
		this.resumeOutbox()
		this.askQueued()
	}

	/** Resolves when the question is stored, or sent if there is no room to store it. */
	private async begin(question: Question, parent: string | undefined, more: Further = {}): Promise<void> {
		if (more.model === undefined && this.modelId === undefined) {
			// Further clicks ask for the same.
			if (this.isWaiting) return
			this.isWaiting = true
			await this.modelKnown()
			this.isWaiting = false
		}
		const modelId = more.model ?? this.modelId
		if (modelId === undefined) return
		const entry: OutboxEntry = {
			clientId: newClientId(),
			conversation: this.id.value,
			parent,
			model: modelId,
			question,
			createdAtMs: Date.now(),
			tried: false,
			shortened: this.shortened,
			continues: more.continues,
			column: this.column?.number,
			options: {
				...fieldsOf(this.options.value.value),
				...more.options,
				...resultFields(question, this.tree.value.endingWith(parent ?? null)),
			},
		}
		// Before anything else: the page may be reloaded at any moment.
		const stored = storeEntry(entry)
		const turn = this.addUnsent(entry)
		this.asked.value++
		const sending = whileSending(entry.clientId, (found) => this.resume(turn, stored ? found : entry))
		if (!stored) await sending
	}

	protected override become(id: string, question: Question): void {
		if (this.isClosed) this.options.copyTo(id)
		else this.options.moveTo(id)
		super.become(id, question)
	}

	protected override leafEntry(conversation: string): string {
		const entry = super.leafEntry(conversation)
		return this.column === undefined ? entry : `${entry}.${this.column.number}`
	}

	/** The columns of a comparison share a channel. */
	protected override addAskedElsewhere(shared: SharedTurn): void {
		if (!this.contains(shared)) return
		if (this.isLoaded) super.addAskedElsewhere(shared)
		else this.isOutdated = true
	}

	override refresh(): Promise<void> {
		if (this.isLoaded) return super.refresh()
		this.isOutdated = true
		return Promise.resolve()
	}

	/** Whether the stored turns have been read. */
	get isLoaded(): boolean {
		const { type } = this.state.value
		return type === 'new' || type === 'open'
	}
}
