// The conversation on screen: its tree, the branch that is shown, and everything that changes it: questions, edits, other
// answers to the same question, continuations, stop. It does not render.

import { batch, computed, signal } from '@preact/signals'
import { changeConversation, type ExportedConversation, exportConversation } from '../api/conversations.ts'
import { cancelAnswer, type StartedAnswer } from '../api/responses.ts'
import { ConnectionLost, isAbort, ServerError } from '../api/server.ts'
import { Answer } from './answer.ts'
import { AnswerReader } from './answer-reader.ts'
import { newClientId } from './client-id.ts'
import { waitForConnection } from './connection.ts'
import { ConversationChannel, type SharedTurn, type TabMessage } from './conversation-channel.ts'
import { addConversation, conversations, markRunning } from './conversation-list.ts'
import { deliverQuestion } from './deliver-question.ts'
import { readDraft, writeDraft } from './drafts.ts'
import { findTurn } from './find-turn.ts'
import { describeFailure } from './follow-answer.ts'
import { model } from './models.ts'
import {
	findEntry,
	type OutboxEntry,
	outboxOf,
	removeEntry,
	storeEntry,
	unlessSending,
	whileSending,
} from './outbox.ts'
import { QuestionQueue } from './question-queue.ts'
import { readTree } from './read-tree.ts'
import { messageInAddress, nameMessage, navigate, route } from './route.ts'
import { signedInAgain } from './session.ts'
import { thisDevice } from './storage.ts'
import { continuation, type PageTurn, type Question, TurnTree, userInput } from './turn-tree.ts'

export type ChatState =
	| { readonly type: 'new' }
	| { readonly type: 'loading'; readonly unreachable: boolean }
	| { readonly type: 'open' }
	| { readonly type: 'failed'; readonly failure: unknown }

/** A question that another tab asked: `next` after the end that is shown here, `branch` beside a question of this tab. */
export interface AskedElsewhere {
	readonly type: 'next' | 'branch'
	readonly turn: string
}

/** What a person can do about a question that the server has not accepted yet. */
interface Delivery {
	readonly withdraw: AbortController
	hurry: AbortController
	stopWhenStarted: boolean
}

const empty = new TurnTree([])
let chats = 0

/** A conversation on screen. A page that shows another one makes another `Chat`; answers continue on the server. */
export class Chat {
	/** Distinguishes the conversations of this page, of which new ones have no id yet. */
	readonly number = ++chats
	/** Undefined until the first answer of a new conversation has started. */
	readonly id = signal<string | undefined>(undefined)
	readonly state = signal<ChatState>({ type: 'new' })
	readonly tree = signal<TurnTree>(empty)
	/** Id of the last turn of the branch that is shown. */
	readonly leaf = signal<string | undefined>(undefined)
	readonly path = computed(() => this.tree.value.path(this.tree.value.find(this.leaf.value)))
	readonly isAnswering = computed(() => this.path.value.some(({ answer }) => answer.state.value && answer.isRunning))
	/** Questions that follow the answer in progress. */
	readonly queue = new QuestionQueue()
	readonly askedElsewhere = signal<AskedElsewhere | undefined>(undefined)
	/** What the person writes; stored on this device. */
	readonly draft = signal('')
	/** Counts the questions that were asked here: the view follows the newest. */
	readonly asked = signal(0)
	private readonly ending = new AbortController()
	private readonly deliveries = new Map<string, Delivery>()
	/** At each fork, by the message before it, the turn that was shown last. */
	private readonly choices = new Map<string | undefined, string>()
	private shortened = false
	private channel: ConversationChannel | undefined
	private readonly reader = new AnswerReader(() => this.channel, this.ending.signal)
	/** The delivery of the question that begins the conversation. */
	private opening: Promise<void> | undefined

	constructor(id?: string) {
		this.id.value = id
		this.draft.value = readDraft(id)
		if (id === undefined) {
			this.resumeOutbox()
			return
		}
		this.state.value = { type: 'loading', unreachable: false }
		void this.load(id)
	}

	/** Stops reading: the answers continue on the server. */
	close(): void {
		this.ending.abort()
	}

	write(draft: string): void {
		this.draft.value = draft
		writeDraft(this.id.value, draft)
	}

	/** Asks a question after the end of the branch that is shown, or after its answer in progress. */
	ask(question: Question): void {
		if (this.isAnswering.value) this.queue.add(question)
		else this.begin(question, this.path.value.at(-1)?.last)
	}

	/** Asks the oldest question that waits for an answer. */
	askQueued(): void {
		const question = this.isAnswering.value ? undefined : this.queue.take()
		if (question !== undefined) this.ask(question)
	}

	/** Asks another question instead of the turn's, as a branch beside it. */
	edit(turn: PageTurn, text: string): void {
		this.begin(textQuestion(text, turn.question.images), turn.parent)
	}

	/** Asks the turn's question again, as a branch beside it. */
	regenerate(turn: PageTurn): void {
		this.begin(turn.question, turn.parent, turn.continues)
	}

	/** Continues an answer that was stopped or cut, as a turn of its own. */
	continue(turn: PageTurn): void {
		const isStored = turn.last === `${turn.id}-a0`
		this.begin(continuation(isStored ? undefined : turn.answer.text), turn.last, turn.id)
	}

	/** Sends a question again that was not answered. */
	retry(turn: PageTurn): void {
		if (turn.last !== undefined) {
			this.regenerate(turn)
			return
		}
		if (turn.clientId !== undefined) removeEntry(turn.clientId)
		batch(() => {
			this.remove(turn)
			this.begin(turn.question, turn.parent, turn.continues)
		})
	}

	/** Leaves out the oldest turns from now on, so that the conversation fits the model, and sends the question again. */
	leaveOutOldest(turn: PageTurn): void {
		this.shortened = true
		if (this.id.value !== undefined) thisDevice.write(`shortened.${this.id.value}`, 'true')
		this.retry(turn)
	}

	/** Does not wait any longer to send the question. */
	sendNow(turn: PageTurn): void {
		const delivery = this.deliveries.get(turn.clientId ?? '')
		if (delivery === undefined) return
		const { hurry } = delivery
		delivery.hurry = new AbortController()
		hurry.abort()
	}

	/** Takes back a question that is not sent yet; its text is a draft again. */
	withdraw(turn: PageTurn): void {
		if (turn.clientId === undefined) return
		this.deliveries.get(turn.clientId)?.withdraw.abort()
		removeEntry(turn.clientId)
		batch(() => {
			this.remove(turn)
			if (this.draft.value.trim() === '') this.write(turn.question.text)
		})
	}

	/** Cancels the answers of the branch on the server; what arrived remains. */
	async stop(): Promise<void> {
		for (const turn of this.path.value) {
			const { answer, clientId = '', last } = turn
			if (!answer.isRunning) continue
			const delivery = this.deliveries.get(clientId)
			if (answer.state.value.type === 'unsent') this.withdraw(turn)
			else if (delivery !== undefined && last === undefined) delivery.stopWhenStarted = true
			else await this.cancel(turn.id, answer)
		}
	}

	/** Shows the branch of a turn, at its end that was shown last. */
	show(turn: PageTurn): void {
		this.askedElsewhere.value = undefined
		this.showLeaf(this.tree.value.leafBelow(turn, ({ id, parent }) => this.choices.get(parent) === id).id)
	}

	/** Shows the branch of a message, if the conversation has it. */
	showMessage(message: string): void {
		const turn = this.tree.value.containing(message)
		if (turn !== undefined && !this.path.value.includes(turn)) this.show(turn)
	}

	private async load(id: string): Promise<void> {
		const { signal } = this.ending
		for (let attempt = 0; !signal.aborted; attempt++) {
			try {
				this.open(id, await exportConversation(id, signal))
				return
			} catch (failure) {
				if (isAbort(failure)) return
				if (failure instanceof ConnectionLost) {
					this.state.value = { type: 'loading', unreachable: true }
					await waitForConnection(attempt, signal)
				} else if (failure instanceof ServerError && failure.status === 401) await signedInAgain(signal)
				else {
					this.state.value = { type: 'failed', failure }
					return
				}
			}
		}
	}

	private open(id: string, exported: ExportedConversation): void {
		const tree = readTree(exported)
		const newest = tree.endingWith(exported.head) ?? tree.all.at(-1)
		const named = messageInAddress()
		const shown = named === undefined ? undefined : tree.containing(named)
		const last = shown ?? tree.find(thisDevice.read(`leaf.${id}`))
		batch(() => {
			this.tree.value = tree
			const leaf = last === undefined ? newest : tree.leafBelow(last)
			if (leaf !== undefined) this.showLeaf(leaf.id)
			this.state.value = { type: 'open' }
		})
		this.shortened = thisDevice.read(`shortened.${id}`) !== undefined
		this.openChannel(id)
		this.queue.open(id)
		for (const turn of tree.all) if (turn.answer.isRunning) void this.read(turn)
		this.resumeOutbox()
		this.askQueued()
	}

	private begin(question: Question, parent: string | undefined, continues?: string): void {
		const { id: modelId } = model.value ?? {}
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
			continues,
		}
		const turn = this.addUnsent(entry)
		this.asked.value++
		void whileSending(entry.clientId, () => this.send(turn, entry))
	}

	/** Shows the questions of the outbox, and sends them unless another tab does. */
	private resumeOutbox(): void {
		const id = this.id.value
		if (id === undefined) {
			// Each question that begins a conversation needs one of its own.
			const [entry] = outboxOf(undefined)
			if (entry !== undefined)
				void unlessSending(entry.clientId, async () => {
					if (!this.ending.signal.aborted) await this.resume(this.addUnsent(entry), findEntry(entry.clientId))
				})
			return
		}
		for (const entry of outboxOf(id)) {
			if (this.tree.value.all.some(({ clientId }) => clientId === entry.clientId)) {
				removeEntry(entry.clientId)
				continue
			}
			const turn = this.addUnsent(entry)
			void whileSending(entry.clientId, () => this.resume(turn, findEntry(entry.clientId)))
		}
	}

	private async resume(turn: PageTurn, entry: OutboxEntry | undefined): Promise<void> {
		if (this.ending.signal.aborted) return
		if (entry?.failure !== undefined) turn.answer.fail(entry.failure)
		else if (entry !== undefined) await this.send(turn, entry)
		else {
			// Another tab has sent it, or it was withdrawn there.
			const found = await findTurn(this.id.value, turn.clientId ?? '', this.ending.signal).catch(() => undefined)
			if (found === undefined) this.remove(turn)
			else {
				turn.answer.detach()
				void this.read(this.nameTurn(turn, found.turn.id))
			}
		}
	}

	private remove(turn: PageTurn): void {
		batch(() => {
			if (this.leaf.value === turn.id) this.leaf.value = this.tree.value.endingWith(turn.parent ?? null)?.id
			this.tree.value = this.tree.value.without(turn.id)
			if (this.id.value === undefined && this.tree.value.all.length === 0) this.state.value = { type: 'new' }
		})
	}

	private addUnsent(entry: OutboxEntry): PageTurn {
		const { clientId, parent, model: name, createdAtMs, question, continues } = entry
		const answer = new Answer({ type: 'sending' })
		const id = `new-${clientId}`
		const turn: PageTurn = {
			id,
			parent,
			last: undefined,
			model: name,
			createdAtMs,
			question,
			answer,
			clientId,
			continues,
		}
		batch(() => {
			this.tree.value = this.tree.value.with(turn)
			this.leaf.value = turn.id
			this.state.value = { type: 'open' }
		})
		return turn
	}

	/** Delivers the question and reads its answer. */
	private async send(turn: PageTurn, entry: OutboxEntry): Promise<void> {
		if (this.id.value === undefined) {
			if (this.opening !== undefined) await this.opening
			else {
				const opened = Promise.withResolvers<void>()
				this.opening = opened.promise
				await this.deliver(turn, entry).finally(opened.resolve)
				this.opening = undefined
				return
			}
		}
		await this.deliver(turn, { ...entry, conversation: this.id.value })
	}

	private async deliver(turn: PageTurn, entry: OutboxEntry): Promise<void> {
		const { answer } = turn
		const delivery: Delivery = {
			withdraw: new AbortController(),
			hurry: new AbortController(),
			stopWhenStarted: false,
		}
		this.deliveries.set(entry.clientId, delivery)
		storeEntry(entry)
		try {
			const delivered = await deliverQuestion(entry, {
				signal: delivery.withdraw.signal,
				hurry: () => delivery.hurry.signal,
				onSending: () => {
					answer.state.value = { type: 'sending' }
				},
				onUnsent: (reason) => {
					answer.state.value = { type: 'unsent', reason }
				},
			})
			if (delivered === undefined) return
			const { conversation, id } =
				delivered.type === 'started'
					? { conversation: delivered.started.conversation, id: delivered.started.turn }
					: { conversation: delivered.found.conversation, id: delivered.found.turn.id }
			if (entry.conversation === undefined && conversation !== undefined) this.become(conversation, turn.question)
			const named = this.nameTurn(turn, id)
			if (delivery.stopWhenStarted) void this.cancel(id, answer)
			if (delivered.type === 'found') answer.detach()
			else if (answer.state.value.type !== 'sending') answer.state.value = { type: 'sending' }
			// Not awaited: other tabs may send the next question meanwhile.
			void this.read(named, delivered.type === 'started' ? delivered.started : undefined)
		} catch (failure) {
			answer.fail(describeFailure(failure))
		} finally {
			this.deliveries.delete(entry.clientId)
		}
	}

	/** Reads an answer to its end, then asks the next question that waits for it. */
	private async read(turn: PageTurn, started?: StartedAnswer): Promise<void> {
		const conversation = this.id.value
		if (conversation !== undefined) markRunning(conversation, true)
		await this.reader.read(turn, started, () => this.reread(turn))
		if (conversation !== undefined) markRunning(conversation, false)
		if (this.ending.signal.aborted) return
		const { answer, id, parent, question } = turn
		const state = answer.state.value
		const { type } = state
		// Without a stored answer there is no message of it to continue from.
		if (answer.parts.length === 0 || (type === 'failed' && state.failure.kind === 'restarted'))
			this.change(turn, { last: question.input.length === 0 ? parent : `${id}-${question.input.length - 1}` })
		if (type === 'done' || type === 'stopped') this.askQueued()
	}

	/** Shows the stored answer of a turn instead of the one that was read so far. */
	private async reread(turn: PageTurn): Promise<void> {
		const conversation = this.id.value
		if (conversation === undefined) return
		const stored = readTree(await exportConversation(conversation, this.ending.signal)).find(turn.id)
		if (stored === undefined) throw new Error('The server does not have the answer any more.')
		if (stored.answer.isRunning) turn.answer.fail({ kind: 'restarted', message: '' })
		else {
			this.change(turn, stored)
			turn.answer.state.value = stored.answer.state.value
		}
	}

	private async cancel(turn: string, answer: Answer): Promise<void> {
		for (let attempt = 0; answer.isRunning && !this.ending.signal.aborted; attempt++) {
			try {
				await cancelAnswer(`resp_${turn}`)
				return
			} catch (failure) {
				if (!(failure instanceof ConnectionLost)) return
				await waitForConnection(attempt, this.ending.signal)
			}
		}
	}

	/** The server has named the turn: its answer's message has the id `<turn>-a0`. */
	private nameTurn(turn: PageTurn, id: string): PageTurn {
		const named = { ...turn, id, last: `${id}-a0` }
		batch(() => {
			this.tree.value = this.tree.value.replace(turn.id, named)
			if (this.leaf.value === turn.id) this.showLeaf(id)
		})
		const { answer: _, ...shared } = named
		this.channel?.send({ type: 'asked', turn: shared })
		return named
	}

	private change(turn: PageTurn, change: Partial<PageTurn>): void {
		const current = this.tree.value.find(turn.id)
		if (current !== undefined) this.tree.value = this.tree.value.replace(turn.id, { ...current, ...change })
	}

	private become(id: string, question: Question): void {
		const title = titleOf(question.text)
		batch(() => {
			this.id.value = id
			addConversation({ id, created_at: Math.floor(Date.now() / 1000), title, metadata: {} })
		})
		// What was written meanwhile belongs to the conversation now.
		writeDraft(undefined, '')
		writeDraft(id, this.draft.value)
		this.openChannel(id)
		this.queue.open(id)
		// The conversation is usable without its title: a failure must not look like one of the answer.
		void changeConversation(id, { title }).catch(() => undefined)
		if (!this.ending.signal.aborted) navigate({ name: 'conversation', id }, 'replace')
	}

	private showLeaf(id: string): void {
		this.leaf.value = id
		for (const turn of this.path.peek()) this.choices.set(turn.parent, turn.id)
		if (this.id.value === undefined) return
		thisDevice.write(`leaf.${this.id.value}`, id)
		const shown = route.peek()
		const last = this.tree.value.find(id)?.last
		if (!this.ending.signal.aborted && shown.name === 'conversation' && shown.id === this.id.value) nameMessage(last)
	}

	private openChannel(id: string): void {
		this.channel = new ConversationChannel(id, (message) => this.receive(message), this.ending.signal)
	}

	private receive(message: TabMessage): void {
		if (message.type === 'asked') this.addAskedElsewhere(message.turn)
		else this.reader.receive(message)
	}

	private addAskedElsewhere(shared: SharedTurn): void {
		if (this.tree.value.all.some(({ id, clientId }) => id === shared.id || clientId === shared.clientId)) return
		const turn: PageTurn = { ...shared, answer: new Answer({ type: 'waiting' }) }
		const end = this.path.value.at(-1)
		const isNext = end === undefined ? turn.parent === undefined : turn.parent === end.last
		const isBeside = this.path.value.some(({ parent, createdAtMs }) => parent === turn.parent && createdAtMs > openedMs)
		batch(() => {
			this.tree.value = this.tree.value.with(turn)
			if (isNext && this.draft.value.trim() === '' && !this.isAnswering.value) this.showLeaf(turn.id)
			else if (isNext) this.askedElsewhere.value = { type: 'next', turn: turn.id }
			else if (isBeside) this.askedElsewhere.value = { type: 'branch', turn: turn.id }
		})
		void this.read(turn)
	}
}

/** Questions of this visit may have been written at the same time as another tab's. */
const openedMs = Date.now()

/** A question of text and pictures, as the page sends it. */
export function textQuestion(text: string, images: readonly string[] = []): Question {
	return { text, images, files: [], input: [userInput([text], images)] }
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
