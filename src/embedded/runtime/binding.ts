// The least that we need of node-llama-cpp, as types. Its public classes load weights and make contexts; underneath them lies the addon,
// whose batch, KV cells and samplers we drive ourselves, since the public loop can neither read raw logits beside a grammar nor choose
// the threads of a step. That part is private to the library, so its version is pinned and library.ts checks that all of it is there.

/** A number below the size of the vocabulary. */
export type Token = number

/** The module `node-llama-cpp`. */
export interface LlamaLibrary {
	getLlama(options: {
		readonly gpu: 'auto' | 'cuda' | 'vulkan' | 'metal' | false
		readonly build: 'never'
		readonly skipDownload: true
		readonly progressLogs: false
		/** 0 lets each context set its own. */
		readonly maxThreads: number
		readonly logLevel: 'error'
		readonly logger: (level: string, message: string) => void
	}): Promise<Llama>
}

export interface Llama {
	readonly gpu: 'cuda' | 'vulkan' | 'metal' | false
	readonly cpuMathCores: number
	readonly _bindings: Addon
	loadModel(options: { readonly modelPath: string; readonly loadSignal?: AbortSignal }): Promise<LlamaModel>
	dispose(): Promise<void>
}

export interface LlamaModel {
	/** What the GGUF file says of itself; parsed in model-file.ts. */
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
	/** Whether the tokenizer swallows white space beside the token. */
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
	/** Keeps all of a sliding window's history, so that a prefix can be reused. */
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
	/** Tokens that an input takes with those that the model frames it with. */
	calculateInputLength(tokens: readonly Token[]): number
	dispose(): Promise<void>
}

/** A model of the addon; only handed on. */
export type AddonModel = { readonly addonModel: unique symbol }
/** A parsed grammar of the addon; only handed on. */
export type AddonGrammar = { readonly addonGrammar: unique symbol }
/** How far a text has come in its grammar. */
export type AddonGrammarState = { readonly addonGrammarState: unique symbol }

export interface Addon {
	readonly AddonSampler: {
		new (model: AddonModel): AddonSampler
		/** Whether a text that has come so far may go on with `token`, or, for an end-of-generation token, may end. */
		canBeNextTokenForGrammarEvaluationState(state: AddonGrammarState, token: Token): boolean
	}
	/** Throws for a text that is no GBNF. */
	readonly AddonGrammar: new (
		gbnf: string,
		options: { readonly addonExports: Addon; readonly rootRuleName: string },
	) => AddonGrammar
	readonly AddonGrammarEvaluationState: new (model: AddonModel, grammar: AddonGrammar) => AddonGrammarState
}

export interface AddonSampler {
	/** What is absent is off. Keeps the state of what stays the same, the random numbers of a seed among it. */
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
	/** Tokens that count as repeated already; each sampled one joins them. */
	readonly repeatPenaltyTokens?: Uint32Array
	readonly repeatPenaltyMaxTokens?: number
	readonly repeatPenalty?: number
	readonly repeatPenaltyPresencePenalty?: number
	readonly repeatPenaltyFrequencyPenalty?: number
	readonly tokenBiasKeys?: Uint32Array
	readonly tokenBiasValues?: Float32Array
	readonly grammarEvaluationState?: AddonGrammarState
}

/** Tokens whose logits are wanted, then: the largest, the smallest, the sampled one, and how many from the top. */
type LogitFilter = readonly [readonly Token[], boolean, boolean, boolean, number]

export interface AddonContext {
	/** Begins an empty batch of at most `size` tokens. */
	initBatch(size: number): void
	/** Returns, for each of `logitIndexes` (places in `tokens`), where its logits will be. */
	addToBatch(sequence: number, firstPosition: number, tokens: Uint32Array, logitIndexes: Uint32Array): Uint32Array
	decodeBatch(): Promise<void>
	/** -1 where nothing can follow. */
	sampleToken(logitIndex: number, sampler: AddonSampler): Promise<Token>
	/**
	 * Also returns, after the token, probabilities and confidence (not asked for), pairs of token and logit flattened, and the sum of
	 * `exp(logit - largest logit)`, all over what the sampler's truncation left.
	 */
	sampleToken(
		logitIndex: number,
		sampler: AddonSampler,
		probabilities: false,
		confidence: false,
		logits: LogitFilter,
		totalWeight: boolean,
	): Promise<readonly [Token, unknown, unknown, readonly number[] | undefined, number | undefined]>
	/** Forgets a whole sequence. */
	disposeSequence(sequence: number): void
	/** Forgets the positions from `start` up to `end`; false where the model's memory cannot forget a part. */
	removeTokenCellsFromSequence(sequence: number, start: number, end: number): boolean
	/** Makes `target`, which is empty, another `source`. Resolves with the last position copied. */
	copySequenceStateFromOtherSequence(target: number, source: number): Promise<number>
	setThreads(threads: number): void
}
