// Writes a unary answer as a `chat.completion` object. Sources: OpenAI's OpenAPI description and its examples.

import type { Choice, Completion } from '../../chat/completion.ts'
import type { FinishReason } from '../../chat/event.ts'
import type { ToolCall } from '../../chat/message.ts'
import { reasoningOf, refusalOf, textOf, toolCallsOf } from '../../chat/parts.ts'
import type { Source } from '../../chat/source.ts'
import { overlay } from './chat-relay.ts'
import { chatFormats } from './formats.ts'
import { writeLogprobs } from './logprobs-writer.ts'
import { writeUsage } from './usage-writer.ts'

/** Fields that are the same in every part of one answer. */
export interface CompletionIdentity {
	readonly id: string
	/** Unix time in seconds. */
	readonly created: number
	/** The model's public name. The upstream's own name replaces it if known. */
	readonly model: string
}

export interface CompletionShape {
	/** Write calls as `function_call`, for requests made with `functions`. */
	readonly legacyFunctions: boolean
}

/** @param source the source of the completion. If it has this format, its unknown fields are retained. */
export function writeCompletion(
	completion: Completion,
	identity: CompletionIdentity,
	shape: CompletionShape,
	source?: Source,
): object {
	const written = {
		id: identity.id,
		object: 'chat.completion',
		created: identity.created,
		model: completion.model ?? identity.model,
		choices: completion.choices.map((choice, index) => ({
			index,
			message: writeMessage(choice, shape),
			logprobs: choice.logprobs === undefined ? null : writeLogprobs(choice.logprobs),
			finish_reason: writeFinishReason(choice.finishReason, shape),
			// vLLM's name.
			stop_reason: choice.stopText,
		})),
		usage: writeUsage(completion.usage),
		service_tier: 'default',
		system_fingerprint: completion.fingerprint ?? null,
	}
	return source?.format === chatFormats.whole ? overlay(written, source.value) : written
}

function writeMessage({ parts }: Choice, shape: CompletionShape) {
	const [text, refusal, reasoning, calls] = [textOf(parts), refusalOf(parts), reasoningOf(parts), toolCallsOf(parts)]
	const [firstCall] = calls
	return {
		role: 'assistant',
		content: text === '' && (firstCall !== undefined || refusal !== '') ? null : text,
		refusal: refusal === '' ? null : refusal,
		reasoning_content: reasoning === '' ? undefined : reasoning,
		annotations: [],
		...(firstCall === undefined ? {} : writeCalls(calls, firstCall, shape)),
	}
}

function writeCalls(calls: readonly ToolCall[], first: ToolCall, shape: CompletionShape) {
	if (shape.legacyFunctions) return { function_call: { name: first.name, arguments: first.arguments } }
	return { tool_calls: calls.map(writeToolCall) }
}

function writeToolCall(call: ToolCall) {
	return call.kind === 'function'
		? { id: call.id, type: 'function', function: { name: call.name, arguments: call.arguments } }
		: { id: call.id, type: 'custom', custom: { name: call.name, input: call.arguments } }
}

export function writeFinishReason(reason: FinishReason, shape: CompletionShape): string {
	switch (reason) {
		case 'stop':
		case 'length':
			return reason
		case 'tool-calls':
			return shape.legacyFunctions ? 'function_call' : 'tool_calls'
		case 'content-filter':
			return 'content_filter'
	}
}
