// An engine that the contract tests, with shortcuts for calls. It checks the rules of every stream that it reads.

import { expect } from 'bun:test'
import { collect } from '../chat/collect.testing.ts'
import type { Completion } from '../chat/completion.ts'
import { ChatError } from '../chat/error.ts'
import type { ChatEvent } from '../chat/event.ts'
import { brokenRule } from '../chat/event-rules.testing.ts'
import type { Message } from '../chat/message.ts'
import { textOf } from '../chat/parts.ts'
import { plainRequest } from '../chat/request.testing.ts'
import type { ChatRequest } from '../chat/request.ts'
import type { Tool } from '../chat/tool.ts'
import { eventsOf } from './answer.testing.ts'
import type { EngineAnswer, StreamAnswer } from './answer.ts'
import type { Engine, EngineCall } from './engine.ts'

/** A model of the engine, and what is known of its answers. */
export interface TestedModel {
	/** The engine's name of the model to call. */
	readonly model: string
	/** A prompt whose completion has at least 8 tokens and is deterministic at temperature 0. */
	readonly prompt: string
	/** Size of the context window, if the engine's state does not report it. Used by the clause on overlong prompts. */
	readonly contextTokens?: number
	/** Why answers contain no reasoning, if they do not. */
	readonly noReasoning?: string
}

/** An engine, with shortcuts for calls. */
export class Bench {
	readonly engine: Engine
	readonly expectations: TestedModel

	constructor(engine: Engine, expectations: TestedModel) {
		this.engine = engine
		this.expectations = expectations
	}

	request(changes: Partial<ChatRequest> = {}): ChatRequest {
		return {
			...plainRequest,
			model: this.expectations.model,
			messages: [{ role: 'user', content: [{ type: 'text', text: this.expectations.prompt }] }],
			sampling: { temperature: 0, seed: 7 },
			maxTokens: 64,
			...changes,
		}
	}

	call(signal: AbortSignal = new AbortController().signal): EngineCall {
		return { signal, model: this.expectations.model, requestId: 'req_contract' }
	}

	/** The events of a stream, whose rules are checked. */
	async events(changes: Partial<ChatRequest> = {}, call = this.call()): Promise<readonly ChatEvent[]> {
		const request = this.request(changes)
		return checkedEvents(await this.engine.chat(request, call), request.choices)
	}

	async complete(changes: Partial<ChatRequest> = {}, call?: EngineCall): Promise<Completion> {
		return collect(replay(await this.events(changes, call)))
	}

	async text(changes: Partial<ChatRequest> = {}): Promise<string> {
		return textOf((await this.complete(changes)).choices[0]?.parts ?? [])
	}
}

export async function checkedEvents(answer: EngineAnswer, choices?: number): Promise<readonly ChatEvent[]> {
	const events = await Array.fromAsync(eventsOf(answer))
	expect(brokenRule(events, choices)).toBeUndefined()
	return events
}

export async function* replay(events: readonly ChatEvent[]) {
	yield* events
}

/** Only calls that are `unary` may have another answer. */
export function streamOf(answer: EngineAnswer): StreamAnswer {
	if (answer.type === 'stream') return answer
	throw new Error('the engine answered a call with a unary answer, although it is not unary')
}

export async function thrownBy(work: Promise<unknown>): Promise<ChatError> {
	const thrown = await work.then(
		() => undefined,
		(error: unknown) => error,
	)
	if (!(thrown instanceof ChatError)) throw new Error('expected a ChatError', { cause: thrown })
	return thrown
}

export const weather: Tool = {
	type: 'function',
	name: 'get_weather',
	description: 'Current weather of a city.',
	parameters: {
		type: 'object',
		properties: { city: { type: 'string', maxLength: 20 } },
		required: ['city'],
		additionalProperties: false,
	},
	strict: true,
}
export const time: Tool = { type: 'function', name: 'get_time', strict: false }

export function user(text: string): Message {
	return { role: 'user', content: [{ type: 'text', text }] }
}
