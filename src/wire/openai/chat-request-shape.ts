// The shape of a Chat Completions request that servers other than OpenAI's may accept: types of values and required
// fields, without OpenAI's bounds and names. What only some server knows is wrapped, so that the reader can carry it.
// Every request that OpenAI's schema accepts has this shape.

import { z } from 'zod'
import { isObject } from '../../chat/json.ts'
import { stringifyJson } from '../../chat/json-text.ts'
import { arrayOf } from '../json/bounded-array.ts'
import { jsonObject } from '../json/json-object-schema.ts'
import {
	assistantOf,
	audioPart,
	filePart,
	functionCall,
	functionOf,
	name,
	reasoning,
	refusalPart,
	samplingFields,
	textPart,
	thinkingPart,
	type toolCallOf,
	toolChoice,
	toolOf,
	whole,
} from './chat-request-schema.ts'

/** A value of a type that the schema does not know. */
interface Unknown<Value> {
	readonly type: 'unknown'
	readonly given: Value
}

function unknown<Value>(given: Value): Unknown<Value> {
	return { type: 'unknown', given }
}

/** An object whose `type` is none of these. */
function otherThan(types: readonly string[]) {
	return z
		.custom<Readonly<Record<string, unknown>>>(
			(given) => isObject(given) && typeof given.type === 'string' && !types.includes(given.type),
		)
		.transform(unknown)
}

const imagePart = z.looseObject({
	type: z.literal('image_url'),
	image_url: z.union([z.string(), z.looseObject({ url: z.string(), detail: z.string().nullish() })]),
})

const textContent = z.union([z.string(), arrayOf(textPart)])
const userContent = z.union([
	z.string(),
	arrayOf(
		z.union([
			z.discriminatedUnion('type', [textPart, imagePart, audioPart, filePart]),
			otherThan(['text', 'image_url', 'input_audio', 'file']),
		]),
	),
])
const assistantContent = z.union([
	z.string(),
	arrayOf(
		z.union([
			z.discriminatedUnion('type', [textPart, refusalPart, thinkingPart]),
			otherThan(['text', 'refusal', 'thinking']),
		]),
	),
])
const toolContent = z.union([
	z.string(),
	arrayOf(
		z.union([z.discriminatedUnion('type', [textPart, imagePart, filePart]), otherThan(['text', 'image_url', 'file'])]),
	),
])

/** Some clients repeat the arguments as the object that they parsed. */
const calledFunction = z.looseObject({
	name: z.string(),
	arguments: z.union([z.string(), jsonObject.transform(stringifyJson)]),
})

const message = z.discriminatedUnion('role', [
	z.looseObject({ role: z.literal('system'), content: textContent, name }),
	z.looseObject({ role: z.literal('developer'), content: textContent, name }),
	z.looseObject({ role: z.literal('user'), content: userContent, name }),
	assistantOf(assistantContent, calledFunction),
	z.looseObject({ role: z.literal('tool'), content: toolContent.nullable(), tool_call_id: z.string() }),
	z.looseObject({ role: z.literal('function'), content: z.string().nullish(), name: z.string() }),
])

const toolName = z.string().min(1)

const tool = z.union([toolOf(toolName), otherThan(['function', 'custom'])])

const anyToolChoice = z.union([
	toolChoice,
	// Mistral's name, which others copied.
	z.literal('any').transform(() => 'required' as const),
	z.union([z.string(), jsonObject]).transform(unknown),
])

const responseFormat = z.union([
	z.discriminatedUnion('type', [
		z.looseObject({ type: z.literal('text') }),
		z.looseObject({ type: z.literal('json_object'), schema: jsonObject.nullish() }),
		z.looseObject({
			type: z.literal('json_schema'),
			json_schema: z
				.looseObject({
					name: z.string().nullish(),
					description: z.string().nullish(),
					schema: jsonObject.nullish(),
					strict: z.boolean().nullish(),
				})
				.nullish(),
			schema: jsonObject.nullish(),
		}),
	]),
	otherThan(['text', 'json_object', 'json_schema']),
])

const maxStopTexts = 256
const maxTools = 4096
const stopText = z.string().max(1024)

export const chatRequestShape = z.looseObject({
	model: z.string().min(1),
	messages: arrayOf(message).min(1),
	...samplingFields,
	temperature: z.number().nullish(),
	frequency_penalty: z.number().nullish(),
	presence_penalty: z.number().nullish(),
	repetition_penalty: z.number().gt(0).nullish(),
	logit_bias: jsonObject.nullish(),
	stop: z.union([stopText, arrayOf(stopText).max(maxStopTexts)]).nullish(),
	// A negative limit means none.
	max_completion_tokens: whole.nullish(),
	max_tokens: whole.nullish(),
	logprobs: z.boolean().nullish(),
	top_logprobs: whole.nullish(),
	tools: arrayOf(tool).max(maxTools).nullish(),
	tool_choice: anyToolChoice.nullish(),
	parallel_tool_calls: z.boolean().nullish(),
	functions: arrayOf(functionOf(toolName)).max(maxTools).nullish(),
	function_call: functionCall,
	response_format: responseFormat.nullish(),
	reasoning_effort: z.string().nullish(),
	reasoning,
	metadata: jsonObject.nullish(),
	modalities: arrayOf(z.string()).nullish(),
	store: z.boolean().nullish(),
	verbosity: z.string().nullish(),
	service_tier: z.string().nullish(),
})

export type ChatRequestBody = z.infer<typeof chatRequestShape>
export type MessageBody = z.infer<typeof message>
export type ToolBody = z.infer<typeof tool>
export type ToolCallBody = z.infer<ReturnType<typeof toolCallOf<typeof calledFunction>>>
