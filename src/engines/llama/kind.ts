// Configuration of the embedded engine.

import { engineKind } from '../kind.ts'
import { embeddedModelOptions } from './options.ts'

/** Of the engine process. */
const [defaultParallel, defaultQueue] = [4, 64]
/** As long as a call may take. */
const queueTimeoutMs = 3_600_000

export const llama = engineKind(
	embeddedModelOptions,
	async (given, context) => {
		const { openLlama } = await import('./startup.ts')
		return openLlama(given, context)
	},
	{
		ownsProcess: true,
		followsOpenAI: () => true,
		// The queue of the process does not know callers.
		concurrency: ({ parallel = defaultParallel, queue = defaultQueue }) => ({ limit: parallel, queue, queueTimeoutMs }),
		async check(_, context) {
			const { findMissingModel } = await import('./startup.ts')
			return findMissingModel(context)
		},
	},
)
