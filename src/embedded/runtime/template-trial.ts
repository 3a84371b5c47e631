// Tries a model's chat template in a thread that can be ended, because a template of a stranger may contain an endless
// loop. It does not know what the template is for.

import type { TemplateProbe, TrialResult } from './template-trial-thread.ts'

/** A real template takes milliseconds. */
const usualDeadlineMs = 10_000
/** Growth of the process. */
const mostMemoryBytes = 536_870_912
const watchEveryMs = 10

/**
 * Resolves if the template can be used.
 *
 * @throws Error with the reason if it is invalid, cannot render a question, or takes too much time or memory.
 */
export async function tryTemplate(probe: TemplateProbe, deadlineMs = usualDeadlineMs): Promise<void> {
	const thread = new Worker(new URL('./template-trial-thread.ts', import.meta.url))
	const { promise, resolve } = Promise.withResolvers<TrialResult>()
	const [begunMs, before] = [performance.now(), process.memoryUsage.rss()]
	const watch = setInterval(() => {
		if (performance.now() - begunMs > deadlineMs)
			resolve({ failure: `The chat template did not finish within ${deadlineMs / 1000} s.` })
		else if (process.memoryUsage.rss() - before > mostMemoryBytes)
			resolve({ failure: 'The chat template takes too much memory.' })
	}, watchEveryMs)
	thread.onmessage = ({ data }: MessageEvent<TrialResult>) => resolve(data)
	thread.onerror = ({ message }) => resolve({ failure: message })
	thread.postMessage(probe)
	try {
		const { failure } = await promise
		if (failure !== undefined) throw new Error(failure)
	} finally {
		clearInterval(watch)
		thread.terminate()
	}
}
