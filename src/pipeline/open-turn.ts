// A turn of a kept conversation while it is answered: written down when it begins, and again when it ends, however that is.

import type { PartialChoice } from '../chat/completion-fold.ts'
import { ChatError } from '../chat/error.ts'
import type { Usage } from '../chat/usage.ts'
import { answerId } from '../conversations/conversation.ts'
import type { EndedAnswer, NewTurn, TurnEnd } from '../conversations/conversation-store.ts'
import type { OwnConversations } from '../conversations/own-conversations.ts'

export class OpenTurn {
	private readonly own: OwnConversations
	private readonly turn: NewTurn
	private writing: Promise<void> | undefined

	constructor(own: OwnConversations, turn: NewTurn) {
		this.own = own
		this.turn = turn
	}

	get conversation(): string {
		return this.turn.conversation
	}

	/** Id of the message that answers. */
	get answer(): string {
		return answerId(this.turn.id, 0)
	}

	/** Others must not come between: then an upstream is asked only once the place is taken. */
	get exclusive(): boolean {
		return this.turn.onConflict === 'refuse'
	}

	/**
	 * Resolves when the turn is on disk; the first call begins to write.
	 *
	 * @throws ChatError `conflict` where its place was taken, `not-found` where the conversation is gone.
	 */
	begin(): Promise<void> {
		if (this.writing === undefined) {
			this.writing = this.write()
			// Whoever asks later is told; until then nobody may be listening.
			this.writing.catch(() => undefined)
		}
		return this.writing
	}

	/** Resolves when the answer is on disk. */
	async end(
		ending: TurnEnd['state'],
		choices: readonly PartialChoice[],
		nowMs: number,
		usage?: Usage,
		error?: ChatError,
	): Promise<void> {
		await this.begin()
		const whole = ending === 'completed' || ending === 'incomplete'
		await this.own.end(this.turn.id, {
			state: ending,
			endedAtMs: nowMs,
			answers: choices.flatMap((choice) => answerOf(choice, whole)),
			...(usage === undefined ? {} : { usage }),
			...(error === undefined ? {} : { error: { code: error.code ?? error.kind, message: error.message } }),
		})
	}

	/** Nothing was answered: the turn never was. */
	async drop(): Promise<void> {
		if (this.writing === undefined) return
		const begun = await this.writing.then(
			() => true,
			() => false,
		)
		if (begun) await this.own.drop(this.turn.id)
	}

	private async write(): Promise<void> {
		const { conversation } = this.turn
		switch (await this.own.begin(this.turn)) {
			case 'begun':
				return
			case 'conflict':
				throw new ChatError(
					'conflict',
					'Another turn went on from the same message. Read the conversation again, or let yours become a branch.',
				)
			case 'not-found':
				throw new ChatError('not-found', `There is no conversation '${conversation}' any more.`)
		}
	}
}

/** Calls of an answer that broke off are left out: nobody will send their results. */
function answerOf(choice: PartialChoice, whole: boolean): readonly EndedAnswer[] {
	const { text, reasoning, thoughts, refusal, toolCalls, logprobs, finishReason } = choice
	const partial = !whole || finishReason === undefined
	const calls = partial ? [] : toolCalls
	if (partial && text === '' && reasoning === '' && refusal === '') return []
	return [
		{
			message: {
				role: 'assistant',
				content: [
					...(text === '' ? [] : [{ type: 'text' as const, text }]),
					...(refusal === '' ? [] : [{ type: 'refusal' as const, text: refusal }]),
				],
				...(reasoning === '' ? {} : { reasoning }),
				...(thoughts === undefined ? {} : { thoughts }),
				toolCalls: calls,
			},
			partial,
			...(finishReason === undefined ? {} : { finishReason }),
			...(logprobs === undefined ? {} : { logprobs }),
		},
	]
}
