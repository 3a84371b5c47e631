// A chat request, independent of any dialect. Every reader produces it, every engine accepts it.

import type { JsonObject } from './json.ts'
import type { Message } from './message.ts'
import type { Tool, ToolChoice } from './tool.ts'

export interface ChatRequest {
	/** The public model name, as the client wrote it. */
	readonly model: string
	/** At least one. */
	readonly messages: readonly Message[]
	readonly sampling: Sampling
	/** Maximum number of generated tokens, including reasoning; the model's own limit if absent. */
	readonly maxTokens?: number
	/** Any number of texts, none empty; generation ends before the first that would appear. Wires may have a limit. */
	readonly stop: readonly string[]
	/** Number of choices, 1 to 128. */
	readonly choices: number
	/** Requests log-probabilities, with this many alternatives (0 to 20) for each token. */
	readonly logprobs?: { readonly top: number }
	readonly tools: readonly Tool[]
	/** `none` if there are no tools. */
	readonly toolChoice: ToolChoice
	readonly parallelToolCalls: boolean
	readonly responseFormat: ResponseFormat
	/** Reasoning effort. Any value is passed on, since providers keep adding values. */
	readonly reasoningEffort?: string
	/** Maximum number of reasoning tokens; 0 disables reasoning. */
	readonly reasoningTokens?: number
	/** The caller's id for its end user. */
	readonly user?: string
	/**
	 * Fields without a canonical meaning, under the client's names, for engines whose wire understands them. A field of an
	 * object that is otherwise understood has its path as its name, such as `stream_options.continuous_usage_stats`, and
	 * so has an item of a list, such as `tools[2]`.
	 */
	readonly passthrough: JsonObject
	/** The wire that `passthrough` belongs to; OpenAI's if absent. Engines of other wires drop it and report that. */
	readonly passthroughWire?: string
}

/** Absent means the model's default. */
export interface Sampling {
	/** 0 to 2; 0 is greedy. */
	readonly temperature?: number
	/** 0 to 1. */
	readonly topP?: number
	/** Number of most likely tokens to sample from; 0 or less means all. */
	readonly topK?: number
	/** 0 to 1, relative to the most likely token. */
	readonly minP?: number
	/** -2 to 2. */
	readonly frequencyPenalty?: number
	/** -2 to 2. */
	readonly presencePenalty?: number
	/** Above 0; 1 has no effect. */
	readonly repetitionPenalty?: number
	/** Maps a token id to a bias of -100 to 100. */
	readonly logitBias?: ReadonlyMap<number, number>
	/** Any integer. One that a number does not represent exactly is a bigint. */
	readonly seed?: number | bigint
}

/**
 * `Fields` with all of its fields, those without a value as `undefined`. Readers build it, so that a new optional field
 * does not compile until each reader has read it.
 */
export type EveryField<Fields> = { readonly [Name in keyof Required<Fields>]: Fields[Name] }

export type ResponseFormat =
	| { readonly type: 'text' }
	| { readonly type: 'json-object' }
	| {
			readonly type: 'json-schema'
			readonly name: string
			readonly description?: string
			/** Any JSON value if absent. */
			readonly schema?: JsonObject
			readonly strict: boolean
			/** The whole field as the client wrote it, if its form is not that of OpenAI's API. */
			readonly given?: { readonly wire: string; readonly format: JsonObject } | undefined
	  }

/** Whether any part of the prompt has a cache mark. */
export function marksCache({ messages, tools }: ChatRequest): boolean {
	const isMarked = (part: object) => 'cacheMark' in part && part.cacheMark !== undefined
	return messages.some((message) => isMarked(message) || message.content.some(isMarked)) || tools.some(isMarked)
}

/** Whether any message has a name. */
export function hasNames({ messages }: Pick<ChatRequest, 'messages'>): boolean {
	return messages.some((message) => message.role !== 'tool' && message.name !== undefined)
}

/** `topK`, or undefined if all tokens are sampled from. */
export function limitedTopK({ topK }: Sampling): number | undefined {
	return topK === undefined || topK <= 0 ? undefined : topK
}
