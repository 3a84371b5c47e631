// A conversation whose questions are sent and whose answers are read, in this tab or in another one.

import { batch } from '@preact/signals'
import { changeConversation, exportConversation } from '../api/conversations.ts'
import { cancelAnswer, type StartedAnswer } from '../api/responses.ts'
import { ConnectionLost } from '../api/server.ts'
import { Answer } from './answer.ts'
import { AnswerReader } from './answer-reader.ts'
import { followDeletedBranches, withoutDeleted } from './branch-deletions.ts'
import { Branches } from './branches.ts'
import { waitForConnection } from './connection.ts'
import { ConversationChannel, type SharedTurn, type TabMessage } from './conversation-channel.ts'
import { addConversation } from './conversation-list.ts'
import { deliverQuestion } from './deliver-question.ts'
import type { Draft } from './draft.ts'
import { describeFailure } from './follow-answer.ts'
import { mergeTurns } from './merged-turns.ts'
import { loadModels } from './models.ts'
import { entryIn, type OutboxEntry, removeEntry } from './outbox.ts'
import { QuestionQueue } from './question-queue.ts'
import { readTree } from './read-tree.ts'
import { markRunning, watchAnswer } from './ready-answers.ts'
import { navigate, route } from './route.ts'
import { titleOf } from './title.ts'
import { nameOf, type PageTurn, type Question, TurnTree } from './turn-tree.ts'

/** What a person can do about a question that the server has not accepted yet. */
interface Delivery {
	readonly withdraw: AbortController
	hurry: AbortController
	stopWhenStarted: boolean
}

export abstract class AnsweredBranches extends Branches {
	/** Questions that follow the answer in progress. */
	readonly queue = new QuestionQueue()
	readonly draft: Draft
	protected readonly deliveries = new Map<string, Delivery>()
	protected channel: ConversationChannel | undefined
	protected readonly reader = new AnswerReader(() => this.channel, this.ending.signal)
	/** The delivery of the question that begins the conversation. */
	protected opening: Promise<void> | undefined
	/** Resolves when the last of the calls of `refresh` has ended. */
	private refreshing: Promise<void> = Promise.resolve()

	constructor(draft: Draft) {
		super()
		this.draft = draft
	}

	/** Asks the oldest question that waits for an answer. */
	abstract askQueued(): void

	/** Whether a turn of the conversation is one of these branches. */
	protected abstract contains(turn: Pick<PageTurn, 'column'>): boolean

	/** Whether this tab sends the question. */
	delivers({ clientId = '' }: PageTurn): boolean {
		return this.deliveries.has(clientId)
	}

	/** Does not wait any longer to send the question. */
	sendNow(turn: PageTurn): void {
		const delivery = this.deliveries.get(turn.clientId ?? '')
		if (delivery === undefined) return
		const { hurry } = delivery
		delivery.hurry = new AbortController()
		hurry.abort()
	}

	/** Cancels the answers of the branch on the server; what arrived remains. */
	async stop(): Promise<void> {
		for (const turn of this.path.value) {
			const { answer, clientId = '', last } = turn
			if (!answer.isRunning) continue
			const delivery = this.deliveries.get(clientId)
			const isSentHere = delivery !== undefined || last !== undefined
			if (answer.state.value.type === 'unsent' || !isSentHere) this.withdraw(turn)
			else if (delivery !== undefined && last === undefined) delivery.stopWhenStarted = true
			else await this.cancel(turn.id, answer)
		}
	}

	/** Delivers the question and reads its answer. */
	protected async send(turn: PageTurn, entry: OutboxEntry): Promise<void> {
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
		await this.deliver(turn, entryIn(this.id.value, entry))
	}

	protected async deliver(turn: PageTurn, entry: OutboxEntry): Promise<void> {
		const { answer } = turn
		const delivery: Delivery = {
			withdraw: new AbortController(),
			hurry: new AbortController(),
			stopWhenStarted: false,
		}
		this.deliveries.set(entry.clientId, delivery)
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
			if (delivered === undefined) {
				this.remove(turn)
				return
			}
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
	protected async read(turn: PageTurn, started?: StartedAnswer): Promise<void> {
		const conversation = this.id.value
		if (conversation !== undefined) markRunning(conversation, turn.id, true)
		await this.reader.read(turn, started, () => this.reread(turn))
		if (conversation !== undefined) {
			if (turn.answer.isRunning) void watchAnswer(conversation, turn.id)
			else markRunning(conversation, turn.id, false)
		}
		if (this.ending.signal.aborted) return
		const { answer, id, parent, question } = turn
		// The list has a note about why another model answers.
		if ((answer.model.value ?? turn.model) !== turn.model) void loadModels().catch(() => undefined)
		const state = answer.state.value
		const { type } = state
		// Without a stored answer there is no message of it to continue from.
		if (answer.parts.length === 0 || (type === 'failed' && state.failure.kind === 'restarted'))
			this.change(turn, { last: question.input.length === 0 ? parent : `${id}-${question.input.length - 1}` })
		if (type === 'done' || type === 'stopped') this.askQueued()
	}

	/**
	 * Reads the stored turns again, after others were added, changed or deleted. Questions that are not sent yet remain. Waits for
	 * earlier calls, and for a connection. A failure leaves what is on screen: the next visit shows the change.
	 */
	refresh(): Promise<void> {
		this.refreshing = this.refreshing.then(async () => {
			for (let attempt = 0; !this.ending.signal.aborted; attempt++)
				try {
					return await this.readStored()
				} catch (failure) {
					if (!(failure instanceof ConnectionLost)) return
					await waitForConnection(attempt, this.ending.signal)
				}
		})
		return this.refreshing
	}

	private async readStored(): Promise<void> {
		const conversation = this.id.value
		if (conversation === undefined) return
		const requestedWith = new Set(this.tree.value.all.map(({ id }) => id))
		const exported = await exportConversation(conversation, this.ending.signal)
		const stored = withoutDeleted(readTree(exported), conversation).filter((turn) => this.contains(turn))
		const current = this.tree.value
		const turns = mergeTurns({ stored, current, requestedWith })
		this.replaceTree(new TurnTree(turns), exported.head)
		const isNew = ({ id, answer }: PageTurn) => current.find(id)?.answer !== answer
		for (const turn of turns) if (turn.answer.isRunning && isNew(turn)) void this.read(turn)
	}

	/** Another tab has deleted a branch, which disappears before the server responds, or has undone or completed that. */
	private followDeletions(conversation: string): void {
		const left = withoutDeleted(this.tree.value, conversation)
		if (left !== this.tree.value) this.replaceTree(left, null)
		void this.refresh()
	}

	/** The other tabs that show the conversation read its turns again. */
	announceChange(): void {
		this.channel?.send({ type: 'changed' })
	}

	/** Shows the stored answer of a turn instead of the one that was read so far. */
	protected async reread(turn: PageTurn): Promise<void> {
		const conversation = this.id.value
		if (conversation === undefined) return
		const stored = readTree(await exportConversation(conversation, this.ending.signal)).find(turn.id)
		// Another tab may have passed on its end meanwhile.
		if (!turn.answer.isRunning) return
		if (stored === undefined) throw new Error('The server does not have the answer any more.')
		if (stored.answer.isRunning) turn.answer.fail({ kind: 'restarted', message: '' })
		else {
			this.change(turn, stored)
			turn.answer.state.value = stored.answer.state.value
		}
	}

	protected async cancel(turn: string, answer: Answer): Promise<void> {
		// Once also for a conversation that is not on screen any more.
		for (let attempt = 0; answer.isRunning && (attempt === 0 || !this.isClosed); attempt++) {
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
	protected nameTurn(turn: PageTurn, id: string): PageTurn {
		const first = turn.question.input.length === 0 ? `${id}-a0` : `${id}-0`
		const named = { ...turn, id, first, last: `${id}-a0` }
		batch(() => {
			this.tree.value = this.tree.value.replace(turn.id, named)
			if (this.leaf.value === turn.id) this.showLeaf(id)
		})
		const { answer: _, ...shared } = named
		this.channel?.send({ type: 'asked', turn: shared })
		return named
	}

	protected become(id: string, question: Question): void {
		const title = titleOf(nameOf(question))
		batch(() => {
			this.id.value = id
			addConversation({ id, created_at: Math.floor(Date.now() / 1000), title, metadata: {} })
		})
		// What was written meanwhile belongs to the conversation now, or else to the new chat that replaced it on screen.
		if (!this.isClosed) this.draft.moveTo(id)
		this.openChannel(id)
		this.queue.open(id)
		// The conversation is usable without its title: a failure must not look like one of the answer.
		void changeConversation(id, { title }).catch(() => undefined)
		if (!this.isClosed && route.peek().name === 'new') navigate({ name: 'conversation', id }, 'replace')
	}

	protected openChannel(id: string): void {
		this.channel = new ConversationChannel(id, (message) => this.receive(message), this.ending.signal)
		followDeletedBranches(id, () => this.followDeletions(id), this.ending.signal)
	}

	protected receive(message: TabMessage): void {
		if (message.type === 'asked') this.addAskedElsewhere(message.turn)
		else if (message.type === 'changed') void this.refresh()
		else this.reader.receive(message)
	}

	protected addAskedElsewhere(shared: SharedTurn): void {
		const isKnown = ({ id, clientId }: PageTurn) =>
			id === shared.id || (clientId !== undefined && clientId === shared.clientId)
		if (this.tree.value.all.some(isKnown)) return
		const turn: PageTurn = { ...shared, answer: new Answer({ type: 'waiting' }) }
		const end = this.path.value.at(-1)
		const isNext = end === undefined ? turn.parent === undefined : turn.parent === end.last
		const isBeside = this.path.value.some(({ parent, createdAtMs }) => parent === turn.parent && createdAtMs > openedMs)
		batch(() => {
			this.tree.value = this.tree.value.with(turn)
			if (isNext && this.draft.isEmpty && !this.isAnswering.value) this.showLeaf(turn.id)
			else if (isNext) this.askedElsewhere.value = { type: 'next', turn: turn.id }
			else if (isBeside) this.askedElsewhere.value = { type: 'branch', turn: turn.id }
		})
		void this.read(turn)
	}

	/** Takes back a question that is not sent yet; it is a draft again. */
	withdraw(turn: PageTurn): void {
		if (turn.clientId === undefined) return
		this.deliveries.get(turn.clientId)?.withdraw.abort()
		removeEntry(turn.clientId)
		batch(() => {
			this.remove(turn)
			this.draft.restore(turn.question)
		})
	}
}

/** Questions of this visit may have been written at the same time as another tab's. */
const openedMs = Date.now()
