// What a caller asks of a model, free of any dialect. Every reader produces it, every engine takes it.

import type { JsonObject } from './json.ts'
import type { Message } from './message.ts'
import type { Tool, ToolChoice } from './tool.ts'

export interface ChatRequest {
	/** The public name, as the client wrote it. */
	readonly model: string
	/** At least one. */
	readonly messages: readonly Message[]
	readonly sampling: Sampling
	/** Bound on generated tokens, reasoning included; the model's own bound when absent. */
	readonly maxTokens?: number
	/** At most 4 texts, none empty; the answer ends before the first that would appear. */
	readonly stop: readonly string[]
	/** How many answers, 1 to 128. */
	readonly choices: number
	/** Ask for log-probabilities, with this many alternatives (0 to 20) for each token. */
	readonly logprobs?: { readonly top: number }
	readonly tools: readonly Tool[]
	/** `none` where there are no tools. */
	readonly toolChoice: ToolChoice
	readonly parallelToolCalls: boolean
	readonly responseFormat: ResponseFormat
	/** How hard to think; the set of words grows, so any is carried. */
	readonly reasoningEffort?: string
	/** Bound on tokens of thinking; 0 for none. */
	readonly reasoningTokens?: number
	/** The caller's own id for its end user. */
	readonly user?: string
	/** Fields that the core gives no meaning to, under the names the client used, for engines whose wire knows them. */
	readonly passthrough: JsonObject
	/** The wire whose words `passthrough` is in; OpenAI's where absent. Engines of other wires leave it out and say so. */
	readonly passthroughWire?: string
}

/** Absent means the model's default. */
export interface Sampling {
	/** 0 to 2; 0 is greedy. */
	readonly temperature?: number
	/** 0 to 1. */
	readonly topP?: number
	/** Most likely tokens kept; 0 or less keeps all. */
	readonly topK?: number
	/** 0 to 1, relative to the likeliest token. */
	readonly minP?: number
	/** -2 to 2. */
	readonly frequencyPenalty?: number
	/** -2 to 2. */
	readonly presencePenalty?: number
	/** Above 0; 1 changes nothing. */
	readonly repetitionPenalty?: number
	/** Token id to a bias of -100 to 100. */
	readonly logitBias?: ReadonlyMap<number, number>
	/** Any 64-bit integer that JSON carried exactly. */
	readonly seed?: number
}

export type ResponseFormat =
	| { readonly type: 'text' }
	| { readonly type: 'json-object' }
	| {
			readonly type: 'json-schema'
			readonly name: string
			readonly description?: string
			/** Any JSON value when absent. */
			readonly schema?: JsonObject
			readonly strict: boolean
	  }

/** Whether any part of the prompt is marked for an upstream's cache. */
export function marksCache({ messages, tools }: ChatRequest): boolean {
	const isMarked = (part: object) => 'cacheMark' in part
	return messages.some((message) => isMarked(message) || message.content.some(isMarked)) || tools.some(isMarked)
}
