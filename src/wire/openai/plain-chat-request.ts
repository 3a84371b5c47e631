// Fast path for the most common requests: messages of text and a few numbers. They are read without the schema, which
// is ten times slower. Anything else is left to the schema, which reports errors. Tests hold both paths to the same
// result.

import { isObject } from '../../chat/json.ts'
import type { Message } from '../../chat/message.ts'
import type { ChatRequest, EveryField, Sampling } from '../../chat/request.ts'
import { findInSteps, resultsOf } from '../../system/resumable.ts'
import type { ReadChatRequest } from './read-chat-request.ts'

/** @returns undefined for anything beyond the plain form. */
export function readPlainChatRequest(body: unknown): ReadChatRequest | undefined {
	if (!isObject(body)) return undefined
	const { model, stream, stream_options: options } = body
	if (typeof model !== 'string' || model === '' || !hasOnly(body, plainFields)) return undefined
	const messages = readPlainMessages(body.messages)
	const sampling = readPlainSampling(body)
	const maxTokens = body.max_completion_tokens ?? body.max_tokens
	if (messages === undefined || sampling === undefined) return undefined
	if (body.max_completion_tokens !== undefined && body.max_tokens !== undefined) return undefined
	if (maxTokens !== undefined && !isBetween(maxTokens, 1, 1_000_000_000, true)) return undefined
	if (stream !== undefined && typeof stream !== 'boolean') return undefined
	const reports = readUsageOptions(options)
	if (reports === undefined || (options !== undefined && stream !== true)) return undefined
	const request: EveryField<ChatRequest> = {
		model,
		messages,
		sampling,
		maxTokens: typeof maxTokens === 'number' ? maxTokens : undefined,
		stop: [],
		choices: 1,
		logprobs: undefined,
		tools: [],
		toolChoice: { type: 'none' },
		parallelToolCalls: true,
		responseFormat: { type: 'text' },
		reasoningEffort: undefined,
		reasoningTokens: undefined,
		user: undefined,
		passthrough: {},
		passthroughWire: undefined,
	}
	return { request, stream: stream ?? false, ...reports, legacyFunctions: false }
}

const plainFields: ReadonlySet<string> = new Set([
	'model',
	'messages',
	'temperature',
	'top_p',
	'max_tokens',
	'max_completion_tokens',
	'stream',
	'stream_options',
])
const messageFields: ReadonlySet<string> = new Set(['role', 'content'])

function readPlainMessages(value: unknown): readonly Message[] | undefined {
	if (!Array.isArray(value) || value.length === 0) return undefined
	const messages: Message[] = resultsOf(value, 'plain messages')
	const isOther = findInSteps(value, 'plain messages', (one) => {
		const message = readPlainMessage(one)
		if (message === undefined) return true
		messages.push(message)
		return undefined
	})
	return isOther === true ? undefined : messages
}

function readPlainMessage(one: unknown): Message | undefined {
	if (!isObject(one) || typeof one.content !== 'string' || !hasOnly(one, messageFields)) return undefined
	const content = [{ type: 'text', text: one.content }] as const
	const { role } = one
	if (role !== 'assistant' && role !== 'user' && role !== 'system' && role !== 'developer') return undefined
	return { role, content }
}

function readPlainSampling({
	temperature,
	top_p: topP,
}: Readonly<Record<string, unknown>>): EveryField<Sampling> | undefined {
	if (temperature !== undefined && !isBetween(temperature, 0, 2)) return undefined
	if (topP !== undefined && !isBetween(topP, 0, 1)) return undefined
	return {
		temperature,
		topP,
		topK: undefined,
		minP: undefined,
		frequencyPenalty: undefined,
		presencePenalty: undefined,
		repetitionPenalty: undefined,
		logitBias: undefined,
		seed: undefined,
	}
}

const usageOptions: ReadonlySet<string> = new Set(['include_usage', 'include_start_usage'])

function readUsageOptions(options: unknown): Pick<ReadChatRequest, 'includeUsage' | 'startUsage'> | undefined {
	if (options === undefined) return { includeUsage: false }
	if (!isObject(options) || !hasOnly(options, usageOptions)) return undefined
	const { include_usage: includeUsage, include_start_usage: startUsage } = options
	if (typeof includeUsage !== 'boolean' || (startUsage !== undefined && typeof startUsage !== 'boolean'))
		return undefined
	return { includeUsage, startUsage }
}

function isBetween(value: unknown, least: number, most: number, whole = false): value is number {
	return typeof value === 'number' && value >= least && value <= most && (!whole || Number.isInteger(value))
}

function hasOnly(value: object, names: ReadonlySet<string>): boolean {
	for (const name in value) if (!names.has(name)) return false
	return true
}
