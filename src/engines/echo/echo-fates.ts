// How the echo engine treats each field of a request. It has no model, so sampling has no effect and is not reported.

import { requestFor } from '../../chat/destination.ts'
import type { Message, Part } from '../../chat/message.ts'
import type { ChatRequest } from '../../chat/request.ts'
import { type Drop, dropReporter, dropUnused, type RequestFates } from '../../chat/request-fates.ts'
import type { TextCompletionFates } from '../../operations/text-completions.ts'
import type { EngineCall } from '../engine.ts'

export const echoRequestFates = {
	model: 'unused',
	messages: 'written',
	temperature: 'unused',
	topP: 'unused',
	topK: 'unused',
	minP: 'unused',
	frequencyPenalty: 'unused',
	presencePenalty: 'unused',
	repetitionPenalty: 'unused',
	logitBias: 'unused',
	seed: 'unused',
	maxTokens: 'written',
	stop: 'written',
	choices: 'written',
	logprobs: 'written',
	tools: 'written',
	toolChoice: 'written',
	parallelToolCalls: 'unused',
	responseFormat: 'written',
	reasoningEffort: 'dropped',
	reasoningTokens: 'dropped',
	cacheMark: 'unused',
	user: 'unused',
	passthrough: 'dropped',
	passthroughWire: 'unused',
	image: 'dropped',
	audio: 'dropped',
	file: 'dropped',
	messageName: 'unused',
	lateInstructions: 'unused',
	failedTool: 'unused',
	resultImage: 'dropped',
	reasoningText: 'unused',
	jsonMode: 'written',
	reasoningOff: 'dropped',
} as const satisfies RequestFates

const reportDropped = dropReporter(echoRequestFates)
const noFields: ReadonlySet<string> = new Set()

/**
 * The request as the echo engine can receive it. Reports the fields and parts that have no effect on the answer.
 *
 * @throws ChatError `unsupported` if audio is requested, and for an item of the user that only a wire understands.
 */
export function receive(request: ChatRequest, call: EngineCall): ChatRequest {
	const drop = (part: string) => call.drop?.(part)
	reportUnusedFields(request, call)
	reportDropped(request, drop)
	reportMedia(request.messages, drop)
	return requestFor({ wire: undefined }, request, drop)
}

function reportMedia(messages: readonly Message[], drop: Drop): void {
	for (const [at, { content }] of messages.entries())
		for (const [partAt, part] of content.entries()) if (isMedia(part)) drop(`messages[${at}].content[${partAt}]`)
}

function isMedia(part: Part): boolean {
	switch (part.type) {
		case 'image':
		case 'audio':
		case 'file':
			return true
		case 'text':
		case 'reasoning':
		case 'tool-call':
		case 'refusal':
		case 'provider-item':
			return false
		default:
			return part satisfies never
	}
}

/** Reports the fields without a canonical meaning. @throws ChatError `unsupported` if audio is requested. */
export function reportUnusedFields(
	request: Pick<ChatRequest, 'passthrough' | 'passthroughWire'>,
	call: EngineCall,
): void {
	dropUnused(request, noFields, (part) => call.drop?.(part))
}

export const echoTextCompletionFates = {
	model: 'unused',
	prompts: 'written',
	maxTokens: 'written',
	temperature: 'unused',
	topP: 'unused',
	topK: 'unused',
	minP: 'unused',
	frequencyPenalty: 'unused',
	presencePenalty: 'unused',
	repetitionPenalty: 'unused',
	logitBias: 'unused',
	seed: 'unused',
	stop: 'written',
	choices: 'written',
	echo: 'written',
	logprobs: 'written',
	suffix: 'refused',
	user: 'unused',
	passthrough: 'dropped',
} as const satisfies TextCompletionFates
