// Merges the events of a request's choices into one stream. Reading may be slower than generation: the buffer is
// bounded by what the choices may generate. Returning early, or the caller's signal, cancels the work in the scheduler.

import { ChatError } from '../../chat/error.ts'
import type { ChatEvent } from '../../chat/event.ts'
import type { Usage } from '../../chat/usage.ts'
import type { RunningChoice } from './choice.ts'
import type { Scheduler } from './scheduler.ts'

export class AnswerStream {
	private readonly scheduler: Scheduler
	private readonly promptTokens: number
	private readonly fingerprint: string
	private readonly signal: AbortSignal
	private choices: readonly RunningChoice[] = []
	private readonly events: ChatEvent[] = []
	/** Events of other choices that arrived before the first event of choice 0. */
	private readonly held: ChatEvent[] = []
	private hasFirstEvent = false
	private open = 0
	private failure: ChatError | undefined
	private wake: (() => void) | undefined

	/** @param promptTokens sum over all prompts, each counted once. */
	constructor(scheduler: Scheduler, promptTokens: number, fingerprint: string, signal: AbortSignal) {
		this.scheduler = scheduler
		this.promptTokens = promptTokens
		this.fingerprint = fingerprint
		this.signal = signal
	}

	/** Adds an event of a choice. */
	emit(choice: number, event: ChatEvent): void {
		if (choice !== 0 && !this.hasFirstEvent) {
			this.held.push(event)
			return
		}
		this.events.push(event)
		if (!this.hasFirstEvent) {
			this.hasFirstEvent = true
			this.events.push(...this.held.splice(0))
		}
		this.wake?.()
	}

	/** Marks a choice as finished. The first failure cancels the others. */
	settle(error: ChatError | undefined): void {
		this.open--
		if (error !== undefined && this.failure === undefined) {
			this.failure = error
			this.stop()
		}
		this.wake?.()
	}

	/**
	 * Submits the choices to the scheduler.
	 *
	 * @throws ChatError `overloaded` if the queue is full, `cancelled` if the caller has disconnected already.
	 */
	begin(choices: readonly RunningChoice[]): AsyncGenerator<ChatEvent, void, undefined> {
		if (this.signal.aborted)
			throw new ChatError('cancelled', 'The request was cancelled.', { cause: this.signal.reason })
		this.choices = choices
		this.open = choices.length
		this.scheduler.submit(choices)
		this.signal.addEventListener('abort', this.onAbort, { once: true })
		return endIfUnread(this.read(), () => this.release())
	}

	private async *read(): AsyncGenerator<ChatEvent, void, undefined> {
		try {
			yield { type: 'start', fingerprint: this.fingerprint, usage: this.usage() }
			while (true) {
				const event = this.events.shift()
				if (event !== undefined) yield event
				else if (this.failure !== undefined) {
					yield { type: 'error', error: this.failure, usage: this.usage() }
					return
				} else if (this.open === 0) {
					yield { type: 'finish', usage: this.usage() }
					return
				} else
					await new Promise<void>((resolve) => {
						this.wake = resolve
					})
			}
		} finally {
			this.release()
		}
	}

	private readonly onAbort = (): void => {
		this.settle(new ChatError('cancelled', 'The request was cancelled.', { cause: this.signal.reason, sent: 'maybe' }))
	}

	private release(): void {
		this.signal.removeEventListener('abort', this.onAbort)
		this.stop()
	}

	private stop(): void {
		for (const choice of this.choices) this.scheduler.cancel(choice)
	}

	private usage(): Usage {
		const total = (count: (choice: RunningChoice) => number) =>
			this.choices.reduce((sum, choice) => sum + count(choice), 0)
		return {
			promptTokens: this.promptTokens,
			completionTokens: total((choice) => choice.generatedTokens),
			// Later choices of a prompt find it in the cache through the first; that saves the caller nothing, because the
			// prompt is billed once.
			cachedTokens: Math.min(
				this.promptTokens,
				this.choices.reduce(
					(sum, choice, at) => sum + (this.choices[at - 1]?.prompt === choice.prompt ? 0 : choice.cachedTokens),
					0,
				),
			),
			reasoningTokens: total((choice) => choice.reasoningTokens),
			source: 'counted',
		}
	}
}

/** `finally` does not run in a generator that was never started; this calls `end` for it. */
function endIfUnread(
	events: AsyncGenerator<ChatEvent, void, undefined>,
	end: () => void,
): AsyncGenerator<ChatEvent, void, undefined> {
	const inner = events.return.bind(events)
	events.return = (value) => {
		end()
		return inner(value)
	}
	return events
}
