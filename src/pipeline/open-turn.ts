// A turn of a stored conversation while it is answered: stored when it begins, and updated when it ends, whatever the
// outcome.

import type { PartialChoice } from '../chat/completion-fold.ts'
import { ChatError } from '../chat/error.ts'
import type { JsonObject } from '../chat/json.ts'
import type { AssistantPart, Message } from '../chat/message.ts'
import type { Usage } from '../chat/usage.ts'
import type { AnsweredRequest, AnswerMetrics } from '../conversations/conversation.ts'
import type { ConversationId } from '../conversations/conversation-id.ts'
import type { ScopedConversations } from '../conversations/conversation-store.ts'
import { answerId, type MessageId } from '../conversations/message-id.ts'
import type { ThreadErrors } from '../conversations/thread.ts'
import type { EndedAnswer, NewTurn, TurnEnd } from '../conversations/turns.ts'

/** How the answer of a turn ended. */
export interface AnsweredTurnEnd {
	readonly state: TurnEnd['state']
	readonly choices: readonly PartialChoice[]
	readonly nowMs: number
	readonly usage?: Usage | undefined
	readonly metrics?: AnswerMetrics | undefined
	readonly answered?: AnsweredRequest | undefined
	readonly error?: ChatError | undefined
}

export class OpenTurn {
	private readonly own: ScopedConversations
	private readonly turn: NewTurn
	private readonly errors: ThreadErrors | undefined
	private writing: Promise<void> | undefined

	/** @param errors of the dialect, if it has its own. */
	constructor(own: ScopedConversations, turn: NewTurn, errors?: ThreadErrors) {
		this.own = own
		this.turn = turn
		this.errors = errors
	}

	get conversation(): ConversationId {
		return this.turn.conversation
	}

	/** The same turn with these inputs and request fields, before it begins. */
	withInputs(inputs: readonly Message[], echo: JsonObject): OpenTurn {
		return new OpenTurn(this.own, { ...this.turn, inputs, echo }, this.errors)
	}

	/** Id of the message that answers. */
	get answer(): MessageId {
		return answerId(this.turn.id, 0)
	}

	/**
	 * The turn must be stored before the upstream request is sent: no concurrent turn may follow the same message, or the
	 * database was unavailable for the last one.
	 */
	get isStoredFirst(): boolean {
		const { onConflict, create } = this.turn
		return this.own.turns.failing === true || onConflict === 'refuse' || (onConflict === 'once' && create === undefined)
	}

	/**
	 * Resolves when the turn is on disk; the first call starts the write.
	 *
	 * @throws ChatError `conflict` if another turn follows the same message, `not-found` if the conversation was deleted.
	 */
	begin(): Promise<void> {
		if (this.writing === undefined) {
			this.writing = this.write()
			// Later callers get the rejection; until then it would count as unhandled.
			this.writing.catch(() => undefined)
		}
		return this.writing
	}

	/** Resolves when the answer is on disk. */
	async end({ state, choices, nowMs, usage, metrics, answered, error }: AnsweredTurnEnd): Promise<void> {
		await this.begin()
		const isComplete = state === 'completed' || state === 'incomplete'
		await this.own.turns.end(this.turn.id, {
			state,
			endedAtMs: nowMs,
			answers: choices.flatMap((choice) => answerOf(choice, isComplete)),
			usage,
			metrics,
			answered,
			error: error === undefined ? undefined : { code: error.code ?? error.kind, message: error.message },
		})
	}

	/** Deletes a turn without an answer. */
	async drop(): Promise<void> {
		if (this.writing === undefined) return
		const begun = await this.writing.then(
			() => true,
			() => false,
		)
		if (begun) await this.own.turns.drop(this.turn.id)
	}

	private async write(): Promise<void> {
		const begun = await this.own.turns.begin(this.turn)
		switch (begun) {
			case 'begun':
				return
			case 'conflict':
			case 'in-flight':
				throw this.errors?.conflict(begun) ?? conflict()
			case 'not-found':
				throw this.errors?.notFound() ?? deleted(this.turn.conversation)
			default:
				begun satisfies never
		}
	}
}

function conflict(): ChatError {
	return new ChatError(
		'conflict',
		'Another turn already follows the same message. Read the conversation again, or allow this turn to become a branch.',
	)
}

function deleted(conversation: ConversationId): ChatError {
	return new ChatError('not-found', `The conversation '${conversation}' was deleted.`)
}

function answerOf({ parts, rest, logprobs, finishReason }: PartialChoice, whole: boolean): readonly EndedAnswer[] {
	const partial = !whole || finishReason === undefined
	const content = partial ? continuableParts(parts) : parts
	if (partial && !content.some(isVisible)) return []
	return [{ message: { role: 'assistant', content, rest }, partial, finishReason, logprobs }]
}

/**
 * The parts of an incomplete answer that a next request can contain: no calls, because no client will send their
 * results, and no provider items at the end, because a call of the provider may lack its result.
 */
function continuableParts(parts: readonly AssistantPart[]): readonly AssistantPart[] {
	const content = parts.filter(({ type }) => type !== 'tool-call')
	const last = content.findLastIndex(({ type }) => type !== 'provider-item')
	return content.slice(0, last + 1)
}

function isVisible(part: AssistantPart): boolean {
	return 'text' in part ? part.text !== '' : part.type !== 'provider-item'
}
