// Reads the answers of one conversation to their ends. Of several tabs that show it, one reads each answer and passes the
// events on; when it closes, another one continues from the last event that it has.

import { effect } from '@preact/signals'
import type { StartedAnswer } from '../api/responses.ts'
import { isAbort, isKeyRefused } from '../api/server.ts'
import type { Answer } from './answer.ts'
import type { ConversationChannel, TabMessage } from './conversation-channel.ts'
import { followAnswer } from './follow-answer.ts'
import { withLock } from './locks.ts'
import { signedInAgain } from './session.ts'

export interface ReadableTurn {
	readonly id: string
	readonly answer: Answer
}

export class AnswerReader {
	private readonly answers = new Map<string, Answer>()
	/** Asks the other tabs at most once for each gap. */
	private readonly asking = new Set<string>()

	private readonly channel: () => ConversationChannel | undefined
	private readonly until: AbortSignal

	constructor(channel: () => ConversationChannel | undefined, until: AbortSignal) {
		this.channel = channel
		this.until = until
	}

	/** Resolves when the answer has ended, in whichever tab it was read, or when the signal aborts. */
	async read({ id, answer }: ReadableTurn, started: StartedAnswer | undefined, reread: () => Promise<void>) {
		this.answers.set(id, answer)
		const ended = new AbortController()
		const dispose = effect(() => {
			if (answer.state.value && !answer.isRunning) ended.abort()
		})
		const observe = (event: Parameters<Answer['apply']>[0]) => this.channel()?.send({ type: 'event', turn: id, event })
		if (started === undefined) this.channel()?.send({ type: 'missing', turn: id })
		const until = AbortSignal.any([this.until, ended.signal])
		let stream = started
		const follow = () => {
			const source = { id: `resp_${id}`, started: stream, observe, reread }
			stream = undefined
			return followAnswer(answer, source, this.until)
		}
		try {
			while (!(await readWithLock(id, follow, until))) await signedInAgain(until)
		} finally {
			dispose()
		}
	}

	receive(message: TabMessage): void {
		switch (message.type) {
			case 'event': {
				const answer = this.answers.get(message.turn)
				if (answer === undefined || !answer.isRunning) return
				if ((message.event.sequence_number ?? 0) <= answer.lastEvent + 1) answer.apply(message.event)
				else if (!this.asking.has(message.turn)) {
					this.asking.add(message.turn)
					this.channel()?.send({ type: 'missing', turn: message.turn })
				}
				return
			}
			case 'missing': {
				const answer = this.answers.get(message.turn)
				if (answer !== undefined && answer.lastEvent >= 0)
					this.channel()?.send({ type: 'answer', turn: message.turn, snapshot: answer.snapshot() })
				return
			}
			case 'answer':
				this.asking.delete(message.turn)
				this.answers.get(message.turn)?.adopt(message.snapshot)
				return
			case 'opened':
			case 'present':
			case 'asked':
			case 'changed':
				return
		}
		message satisfies never
	}
}

/** @returns false if the server does not accept the key any more: a tab with another one can read meanwhile. */
async function readWithLock(id: string, follow: () => Promise<void>, until: AbortSignal): Promise<boolean> {
	try {
		await withLock(`answer.${id}`, follow, until)
		return true
	} catch (failure) {
		if (isKeyRefused(failure)) return false
		if (isAbort(failure)) return true
		throw failure
	}
}
