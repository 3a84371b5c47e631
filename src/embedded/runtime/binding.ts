// Types for the subset of node-llama-cpp that we use. Its public classes load weights and create contexts; below them
// is the addon, whose batch, KV cells and samplers we drive ourselves, because the public loop can neither read raw
// logits beside a grammar nor set the threads of a step. That part is private to the library, so its version is pinned
// and library.ts checks that all of it exists.

/** A number below the size of the vocabulary. */
export type Token = number

/** The module `node-llama-cpp`. */
export interface LlamaLibrary {
	getLlama(options: {
		readonly gpu: 'auto' | 'cuda' | 'vulkan' | 'metal' | false
		readonly build: 'never'
		readonly skipDownload: true
		readonly progressLogs: false
		/** With 0, each context sets its own. */
		readonly maxThreads: number
		readonly logLevel: 'error'
		readonly logger: (level: string, message: string) => void
	}): Promise<LlamaRuntime>
}

export interface LlamaRuntime {
	readonly gpu: 'cuda' | 'vulkan' | 'metal' | false
	readonly cpuMathCores: number
	readonly _bindings: Addon
	loadModel(options: { readonly modelPath: string; readonly loadSignal?: AbortSignal }): Promise<LlamaModel>
	dispose(): Promise<void>
}

export interface LlamaModel {
	/** Metadata of the GGUF file; parsed in model-file.ts. */
	readonly fileInfo: { readonly metadata: unknown }
	/** Bytes. */
	readonly size: number
	readonly trainContextSize: number
	readonly embeddingVectorSize: number
	readonly tokens: {
		readonly bos: Token | null
		readonly eos: Token | null
		readonly bosString: string | null
		readonly eosString: string | null
		readonly shouldPrependBosToken: boolean
	}
	readonly _model: AddonModel
	tokenize(text: string, specialTokens: boolean): Token[]
	detokenize(tokens: readonly Token[], specialTokens: boolean): string
	isEogToken(token: Token): boolean
	/** Whether the tokenizer removes white space beside the token. */
	getTokenAttributes(token: Token): { readonly lstrip: boolean; readonly rstrip: boolean }
	createContext(options: ContextOptions): Promise<LlamaContext>
	createEmbeddingContext(options: {
		readonly contextSize: { readonly max: number }
		readonly batchSize: number
		readonly threads: number
	}): Promise<LlamaEmbeddingContext>
}

export interface ContextOptions {
	readonly sequences: number
	readonly contextSize: { readonly max: number }
	readonly batchSize: number
	readonly threads: number
	/** Retains the whole history of a sliding window, so that a prefix can be reused. */
	readonly swaFullCache: boolean
}

export interface LlamaContext {
	/** Tokens of one sequence. */
	readonly contextSize: number
	readonly _ctx: AddonContext
	dispose(): Promise<void>
}

export interface LlamaEmbeddingContext {
	getEmbeddingFor(tokens: readonly Token[]): Promise<{ readonly vector: readonly number[] }>
	/** Number of tokens of an input, including those that the model adds around it. */
	calculateInputLength(tokens: readonly Token[]): number
	dispose(): Promise<void>
}

/** A model of the addon; opaque. */
export type AddonModel = { readonly addonModel: unique symbol }
/** A parsed grammar of the addon; opaque. */
export type AddonGrammar = { readonly addonGrammar: unique symbol }
/** The position of a text in its grammar. */
export type AddonGrammarState = { readonly addonGrammarState: unique symbol }

export interface Addon {
	readonly AddonSampler: {
		new (model: AddonModel): AddonSampler
		/** Whether `token` may follow the text, or, for an end-of-generation token, whether the text may end. */
		canBeNextTokenForGrammarEvaluationState(state: AddonGrammarState, token: Token): boolean
	}
	/** Throws for invalid GBNF. */
	readonly AddonGrammar: new (
		gbnf: string,
		options: { readonly addonExports: Addon; readonly rootRuleName: string },
	) => AddonGrammar
	readonly AddonGrammarEvaluationState: new (model: AddonModel, grammar: AddonGrammar) => AddonGrammarState
}

export interface AddonSampler {
	/** Absent options are off. Unchanged options retain their state, such as the random numbers of a seed. */
	applyConfig(config: SamplerConfig): void
	dispose(): void
}

export interface SamplerConfig {
	/** 0 is greedy. */
	readonly temperature: number
	readonly topK?: number
	readonly topP?: number
	readonly minP?: number
	/** 32 bits. */
	readonly seed: number
	/** Tokens that already count as repeated; each sampled one is added. */
	readonly repeatPenaltyTokens?: Uint32Array
	readonly repeatPenaltyMaxTokens?: number
	readonly repeatPenalty?: number
	readonly repeatPenaltyPresencePenalty?: number
	readonly repeatPenaltyFrequencyPenalty?: number
	readonly tokenBiasKeys?: Uint32Array
	readonly tokenBiasValues?: Float32Array
	readonly grammarEvaluationState?: AddonGrammarState
}

/** Tokens to return logits for, then: the largest, the smallest, the sampled one, and how many from the top. */
type LogitFilter = readonly [readonly Token[], boolean, boolean, boolean, number]

export interface AddonContext {
	/** Starts an empty batch of at most `size` tokens. */
	initBatch(size: number): void
	/** Returns, for each of `logitIndexes` (indexes into `tokens`), the index of its logits. */
	addToBatch(sequence: number, firstPosition: number, tokens: Uint32Array, logitIndexes: Uint32Array): Uint32Array
	decodeBatch(): Promise<void>
	/** -1 if no token may follow. */
	sampleToken(logitIndex: number, sampler: AddonSampler): Promise<Token>
	/**
	 * Also returns, after the token, probabilities and confidence (not requested), pairs of token and logit flattened,
	 * and the sum of `exp(logit - largest logit)`, all over the tokens that remain after the sampler's truncation.
	 */
	sampleToken(
		logitIndex: number,
		sampler: AddonSampler,
		probabilities: false,
		confidence: false,
		logits: LogitFilter,
		totalWeight: boolean,
	): Promise<readonly [Token, unknown, unknown, readonly number[] | undefined, number | undefined]>
	/** Removes a whole sequence. */
	disposeSequence(sequence: number): void
	/** Removes the positions from `start` up to `end`; false if the model's memory does not support partial removal. */
	removeTokenCellsFromSequence(sequence: number, start: number, end: number): boolean
	/** Copies `source` to `target`, which is empty. Resolves with the last position copied. */
	copySequenceStateFromOtherSequence(target: number, source: number): Promise<number>
	setThreads(threads: number): void
}
