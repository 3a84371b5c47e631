// How many tokens the next request will have, counted by the server: the conversation, the options, and what the person has
// written so far. It asks when the person pauses.

import { type ReadonlySignal, signal } from '@preact/signals'
import { countInputTokens } from '../api/responses.ts'

/** Pause after the last change before the tokens are counted, in milliseconds. */
const pauseMs = 400

export interface CountedRequest {
	readonly model: string
	readonly input: readonly unknown[]
	readonly conversation: string | undefined
	/** The message to continue from, `none` for the start of the conversation. */
	readonly parent: string
	readonly options: Readonly<Record<string, unknown>>
}

export class ContextUse {
	private readonly counted = signal<number | undefined>(undefined)
	private timer: ReturnType<typeof setTimeout> | undefined
	private counting: AbortController | undefined
	private latest = ''

	/** Undefined as long as it is not known. */
	get tokens(): ReadonlySignal<number | undefined> {
		return this.counted
	}

	/** Counts this request after the pause, unless another one follows. Undefined: there is nothing to count. */
	update(request: CountedRequest | undefined): void {
		const key = request === undefined ? '' : JSON.stringify(request)
		if (key === this.latest) return
		this.latest = key
		this.cancel()
		if (request === undefined) {
			this.counted.value = undefined
			return
		}
		this.timer = setTimeout(() => void this.count(request), pauseMs)
	}

	cancel(): void {
		clearTimeout(this.timer)
		this.counting?.abort()
	}

	private async count(request: CountedRequest): Promise<void> {
		const counting = new AbortController()
		this.counting = counting
		try {
			const tokens = await countInputTokens(request, counting.signal)
			if (!counting.signal.aborted) this.counted.value = tokens
		} catch {
			// A request that cannot be counted fails with its reason when it is sent.
			if (!counting.signal.aborted) this.counted.value = undefined
		}
	}
}
