// Samples the next token from the model's logits and reports log-probabilities. The addon samples; this module
// configures it and reads the exact log-probabilities: over the whole vocabulary, before temperature, penalties and
// grammar. It does not know requests.

import type { Sampling } from '../../chat/request.ts'
import type {
	Addon,
	AddonContext,
	AddonGrammarState,
	AddonModel,
	AddonSampler,
	SamplerConfig,
	Token,
} from './binding.ts'

/**
 * Defaults for parameters that the request does not set, chosen for small local models. A temperature of 0 ignores the
 * rest.
 */
const silent = { temperature: 0.7, topK: 40, topP: 0.95, minP: 0.05 } as const

/** Number of previous tokens that penalties apply to. */
const penalizedTokens = 4096

/** @param seed 32 bits, used if the request sets none. */
export function samplerConfig(
	sampling: Sampling,
	seed: number,
	choice: number,
	grammar: AddonGrammarState | undefined,
): SamplerConfig {
	const { frequencyPenalty = 0, presencePenalty = 0, repetitionPenalty = 1, logitBias } = sampling
	const penalizes = frequencyPenalty !== 0 || presencePenalty !== 0 || repetitionPenalty !== 1
	// A parameter set by the request disables our defaults only for parameters with the same effect.
	const truncates = sampling.topP !== undefined || sampling.topK !== undefined || sampling.minP !== undefined
	return {
		temperature: sampling.temperature ?? silent.temperature,
		topK: Math.max(0, Math.trunc(sampling.topK ?? (truncates ? 0 : silent.topK))),
		topP: sampling.topP ?? (truncates ? 1 : silent.topP),
		minP: sampling.minP ?? (truncates ? 0 : silent.minP),
		seed: seedOf(sampling.seed ?? seed, choice),
		...(penalizes
			? {
					repeatPenaltyTokens: new Uint32Array(),
					repeatPenaltyMaxTokens: penalizedTokens,
					repeatPenalty: repetitionPenalty,
					repeatPenaltyPresencePenalty: presencePenalty,
					repeatPenaltyFrequencyPenalty: frequencyPenalty,
				}
			: {}),
		...(logitBias === undefined || logitBias.size === 0
			? {}
			: {
					tokenBiasKeys: Uint32Array.from(logitBias.keys()),
					tokenBiasValues: Float32Array.from(logitBias.values(), bias),
				}),
		...(grammar === undefined ? {} : { grammarEvaluationState: grammar }),
	}
}

/** OpenAI documents that -100 bans a token. */
function bias(value: number): number {
	return value <= -100 ? Number.NEGATIVE_INFINITY : value
}

/**
 * Maps any 64-bit seed to the 32 bits that the addon accepts, different for each choice. It avoids all ones, which the
 * addon treats as a random seed.
 */
function seedOf(seed: number | bigint, choice: number): number {
	const bits = BigInt(seed)
	const [high, low] = [BigInt.asUintN(32, bits >> 32n), BigInt.asUintN(32, bits)]
	const mixed = (Math.imul(Number(high), 0x9e3779b1) ^ Number(low)) + choice
	return Math.min(mixed >>> 0, 0xffff_fffe)
}

export interface ScoredToken {
	readonly token: Token
	readonly logprob: number
	/** Most likely first. */
	readonly top: readonly { readonly token: Token; readonly logprob: number }[]
}

/** The addon's samplers of one sequence, reused across answers because each holds a buffer for the whole vocabulary. */
export class Samplers {
	private readonly addon: Addon
	private readonly model: AddonModel
	private readonly drawing: AddonSampler
	private ranking: AddonSampler | undefined
	private weighing: AddonSampler | undefined
	private ranks = 0

	constructor(addon: Addon, model: AddonModel) {
		this.addon = addon
		this.model = model
		this.drawing = new addon.AddonSampler(model)
	}

	/** Called before the first token of an answer. */
	begin(config: SamplerConfig): void {
		// With an unchanged seed the addon would continue with the last answer's random numbers and penalties.
		this.drawing.applyConfig({ temperature: 0, seed: (config.seed ^ 1) >>> 0 })
		this.drawing.applyConfig(config)
	}

	/** @throws Error if the configuration excludes every token. */
	async draw(context: AddonContext, logitIndex: number): Promise<Token> {
		const token = await context.sampleToken(logitIndex, this.drawing)
		if (token < 0) throw new Error('The sampling parameters and the grammar exclude every token.')
		return token
	}

	/** The log-probability of `token` at a position, with `top` alternatives. */
	async score(context: AddonContext, logitIndex: number, token: Token, top: number): Promise<ScoredToken> {
		const [ranked, [logit, weight]] = [
			await this.rank(context, logitIndex, Math.max(1, top)),
			await this.weigh(context, logitIndex, token),
		]
		const largest = ranked[0]?.logprob ?? logit
		const total = largest + Math.log(weight)
		return {
			token,
			logprob: logit - total,
			top: ranked.slice(0, top).map((other) => ({ token: other.token, logprob: other.logprob - total })),
		}
	}

	dispose(): void {
		this.drawing.dispose()
		this.ranking?.dispose()
		this.weighing?.dispose()
	}

	/** The largest logits, sorted. */
	private async rank(
		context: AddonContext,
		logitIndex: number,
		count: number,
	): Promise<{ token: Token; logprob: number }[]> {
		this.ranking ??= new this.addon.AddonSampler(this.model)
		if (this.ranks !== count) this.ranking.applyConfig({ temperature: 1, topK: count, seed: 0 })
		this.ranks = count
		const [, , , pairs = []] = await context.sampleToken(
			logitIndex,
			this.ranking,
			false,
			false,
			[[], false, false, false, count],
			false,
		)
		const ranked: { token: Token; logprob: number }[] = []
		for (let at = 0; at + 1 < pairs.length; at += 2) ranked.push({ token: pairs[at] ?? 0, logprob: pairs[at + 1] ?? 0 })
		return ranked
	}

	/**
	 * One token's logit, and the sum of `exp(logit - largest)` over the vocabulary. Greedy sampling truncates nothing.
	 */
	private async weigh(context: AddonContext, logitIndex: number, token: Token): Promise<readonly [number, number]> {
		if (this.weighing === undefined) {
			this.weighing = new this.addon.AddonSampler(this.model)
			this.weighing.applyConfig({ temperature: 0, seed: 0 })
		}
		const [, , , pairs = [], weight = 1] = await context.sampleToken(
			logitIndex,
			this.weighing,
			false,
			false,
			[[token], false, false, false, 0],
			true,
		)
		return [pairs[1] ?? Number.NEGATIVE_INFINITY, weight]
	}
}
