// Writes a unary answer as a `chat.completion` object. Sources: OpenAI's OpenAPI description and its examples.

import type { Choice, Completion } from '../../chat/completion.ts'
import type { FinishReason } from '../../chat/event.ts'
import { isObject, type JsonObject } from '../../chat/json.ts'
import type { AudioPart, ToolCall } from '../../chat/message.ts'
import { reasoningOf, refusalOf, textOf, toolCallsOf } from '../../chat/parts.ts'
import { restFor } from '../../chat/rest.ts'
import type { Source } from '../../chat/source.ts'
import { mapInSteps } from '../../system/resumable.ts'
import { asList, field } from '../json/fields.ts'
import { type ContentNames, defaultNames, namesIn, writeAnswerContent, writeAnswerImage } from './answer-content.ts'
import { withAnswerFields, withChoiceFields } from './answer-fields.ts'
import { chatFormats, openaiWire } from './formats.ts'
import { writeGoogleSignature } from './google-signature.ts'
import { writeLogprobs } from './logprobs-writer.ts'
import { withRest } from './nested-rest.ts'
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
	/** Write the origins of signatures. */
	readonly tagsSignatures?: boolean | undefined
}

/** @param source the source of the completion. If it has this format, its unknown fields are retained. */
export function writeCompletion(
	completion: Completion,
	identity: CompletionIdentity,
	shape: CompletionShape,
	source?: Source,
): object {
	const sent = source?.format === chatFormats.whole && isObject(source.value) ? source.value : undefined
	const sentChoices = asList(sent?.choices)
	const written = {
		id: identity.id,
		object: 'chat.completion',
		created: identity.created,
		model: completion.model ?? identity.model,
		choices: mapInSteps(completion.choices, 'written', (choice, index) =>
			writeChoice(choice, index, shape, sentChoices[index]),
		),
		usage: writeUsage(completion.usage),
		service_tier: 'default',
		system_fingerprint: completion.fingerprint ?? null,
	}
	return sent === undefined ? written : withAnswerFields(written, sent)
}

function writeChoice(choice: Choice, index: number, shape: CompletionShape, sent: unknown): object {
	const message = field(sent, 'message')
	const names = isObject(message) ? namesIn(message, defaultNames) : defaultNames
	const written = {
		index,
		message: writeMessage(choice, shape, names),
		logprobs: choice.logprobs === undefined ? null : writeLogprobs(choice.logprobs),
		finish_reason: writeFinishReason(choice.finishReason, shape),
		// vLLM's name.
		stop_reason: choice.stopText,
	}
	return isObject(sent) ? withChoiceFields(written, sent) : written
}

function writeMessage({ parts, rest }: Choice, shape: CompletionShape, names: ContentNames) {
	const [text, refusal, reasoning, calls] = [textOf(parts), refusalOf(parts), reasoningOf(parts), toolCallsOf(parts)]
	const [firstCall] = calls
	const images = names.images === 'images' ? parts.filter((part) => part.type === 'image').map(writeAnswerImage) : []
	const audio = parts.find((part) => part.type === 'audio')
	const content = writeAnswerContent(parts, text, names)
	const message = {
		role: 'assistant',
		content: content === '' && (firstCall !== undefined || refusal !== '') ? null : content,
		refusal: refusal === '' ? null : refusal,
		...(reasoning === '' ? {} : Object.fromEntries(names.reasoning.map((name) => [name, reasoning]))),
		annotations: [],
		images: images.length === 0 ? undefined : images,
		audio: audio === undefined ? undefined : writeAudio(audio),
		...(firstCall === undefined ? {} : writeCalls(calls, firstCall, shape)),
	}
	return { ...message, ...restFor(openaiWire, rest) }
}

/** Audio that another wire's model produced has no id, by which OpenAI's API refers to it. */
export function writeAudio({ data, format, rest }: AudioPart): JsonObject {
	return withRest({ data, format }, rest)
}

function writeCalls(calls: readonly ToolCall[], first: ToolCall, shape: CompletionShape) {
	if (shape.legacyFunctions) return { function_call: { name: first.name, arguments: first.arguments } }
	return { tool_calls: calls.map((call) => writeToolCall(call, shape)) }
}

function writeToolCall(call: ToolCall, shape: CompletionShape): JsonObject {
	const { id, kind, name, arguments: text } = call
	const called = kind === 'function' ? { function: { name, arguments: text } } : { custom: { name, input: text } }
	return writeCallFields({ id, type: kind, ...called }, call, shape)
}

/** A call, or a fragment of one, with what it has beside its own fields. */
export function writeCallFields(
	call: JsonObject,
	{ signature, rest }: Pick<ToolCall, 'signature' | 'rest'>,
	{ tagsSignatures = false }: CompletionShape,
): JsonObject {
	return withRest({ ...call, ...writeGoogleSignature(signature, tagsSignatures) }, rest)
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
