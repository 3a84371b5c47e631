// Waits for a condition on signals.

import { effect } from '@preact/signals'

/** Resolves when the condition holds, or when the signal aborts. */
export function whenTrue(condition: () => boolean, until: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		const ending = new AbortController()
		const dispose = effect(() => {
			if (condition()) ending.abort()
		})
		const done = () => {
			dispose()
			resolve()
		}
		const either = AbortSignal.any([until, ending.signal])
		if (either.aborted) done()
		else either.addEventListener('abort', done, { once: true })
	})
}
