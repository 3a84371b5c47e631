// The context in which a model generates texts: its sequences, and the scheduler that decodes them together.

import type { LlamaContext, LlamaModel, LlamaRuntime } from './binding.ts'
import { Samplers } from './sampler.ts'
import { type Job, Scheduler } from './scheduler.ts'
import { Slot } from './slot.ts'

/**
 * Prompt tokens in one step: as few as possible without loss of speed, because every other answer waits for the step.
 */
const cpuChunkTokens = 64
const gpuChunkTokens = 512

export interface GenerationOptions {
	/** Number of answers that are generated concurrently. */
	readonly parallel: number
	readonly threads: number
	/** Maximum length of prompt and answer together. */
	readonly contextTokens: number
	/** Maximum number of queued requests. */
	readonly queueLimit: number
}

export interface Generation {
	readonly context: LlamaContext
	readonly slots: readonly Slot<Job>[]
	readonly scheduler: Scheduler
}

/** @throws Error if memory is insufficient. */
export async function openGeneration(
	runtime: LlamaRuntime,
	model: LlamaModel,
	{ parallel, threads, contextTokens, queueLimit }: GenerationOptions,
): Promise<Generation> {
	const chunkTokens = runtime.gpu === false ? cpuChunkTokens : gpuChunkTokens
	const context = await model.createContext({
		sequences: parallel,
		contextSize: { max: contextTokens },
		batchSize: chunkTokens + parallel,
		threads,
		swaFullCache: true,
	})
	const slots = Array.from(
		{ length: parallel },
		(_, id) => new Slot<Job>(id, new Samplers(runtime._bindings, model._model)),
	)
	const scheduler = new Scheduler({
		context: context._ctx,
		slots,
		chunkTokens,
		queueLimit,
		threads,
		now: () => performance.now(),
	})
	return { context, slots, scheduler }
}
