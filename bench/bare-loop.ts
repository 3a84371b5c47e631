// The baseline of the embedded engine: node-llama-cpp's own loop on a model, without any of our code.

import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

interface Library {
	getLlama(options: Readonly<Record<string, unknown>>): Promise<Llama>
}

interface Llama {
	readonly cpuMathCores: number
	loadModel(options: { readonly modelPath: string }): Promise<Model>
	dispose(): Promise<void>
}

interface Model {
	tokenize(text: string, specialTokens: boolean): number[]
	createContext(options: Readonly<Record<string, unknown>>): Promise<Context>
}

interface Context {
	getSequence(): Sequence
}

interface Sequence {
	evaluate(
		tokens: readonly number[],
		options: Readonly<Record<string, unknown>>,
	): AsyncGenerator<number, void, undefined>
	clearHistory(): Promise<void>
}

export class BareLoop {
	private readonly llama: Llama
	private readonly model: Model
	private readonly decoding: Sequence
	private readonly reading: readonly [Sequence, Sequence]

	private constructor(llama: Llama, model: Model, decoding: Sequence, reading: readonly [Sequence, Sequence]) {
		this.llama = llama
		this.model = model
		this.decoding = decoding
		this.reading = reading
	}

	/** The engine's own threads are used: all but one core to decode, all to read. */
	static async open(libraryFolder: string, modelPath: string): Promise<BareLoop> {
		const entry = join(libraryFolder, 'node_modules', 'node-llama-cpp', 'dist', 'index.js')
		const library = (await import(pathToFileURL(entry).href)) as Library
		const llama = await library.getLlama({
			gpu: false,
			build: 'never',
			progressLogs: false,
			maxThreads: 0,
			logLevel: 'error',
		})
		const model = await llama.loadModel({ modelPath })
		const cores = llama.cpuMathCores
		const decoding = await model.createContext({ contextSize: 2048, threads: Math.max(1, cores - 1) })
		const reading = await model.createContext({ contextSize: 2048, batchSize: 2048, sequences: 2, threads: cores })
		return new BareLoop(llama, model, decoding.getSequence(), [reading.getSequence(), reading.getSequence()])
	}

	/** Tokens per second after the first one. */
	async decodeSpeed(prompt: string, tokens: number): Promise<number> {
		await this.decoding.clearHistory()
		let count = 0
		let firstAt = 0
		for await (const _ of this.decoding.evaluate(this.model.tokenize(prompt, true), {
			temperature: 0,
			yieldEogToken: true,
		})) {
			if (count === 0) firstAt = performance.now()
			if (++count === tokens) break
		}
		return ((tokens - 1) / (performance.now() - firstAt)) * 1000
	}

	/** How long a short prompt waits for its first token, in milliseconds, while a long one is evaluated in one call. */
	async waitBehind(long: string, short: string): Promise<number> {
		const [first, second] = this.reading
		await Promise.all([first.clearHistory(), second.clearHistory()])
		const longAnswer = firstToken(first, this.model.tokenize(long, true))
		// The call is made in the next tick of the event loop; the short prompt arrives while it is running.
		await new Promise((resolve) => setTimeout(resolve, 50))
		const askedAt = performance.now()
		await firstToken(second, this.model.tokenize(short, true))
		const waitedMs = performance.now() - askedAt
		await longAnswer
		return waitedMs
	}

	close(): Promise<void> {
		return this.llama.dispose()
	}
}

async function firstToken(sequence: Sequence, tokens: readonly number[]): Promise<void> {
	for await (const _ of sequence.evaluate(tokens, { temperature: 0, yieldEogToken: true })) return
}
