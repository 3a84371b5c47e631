// Writes a canonical request for Anthropic's Messages API. A feature that the wire lacks is dropped and reported; if
// dropping it would make the response wrong, the request is rejected.

import { requestFor } from '../../chat/destination.ts'
import type { Json, JsonObject } from '../../chat/json.ts'
import type { SystemMessage } from '../../chat/message.ts'
import { type ChatRequest, limitedTopK, type ResponseFormat } from '../../chat/request.ts'
import {
	type Drop,
	dropReporter,
	passthroughFor,
	type RequestFates,
	requireOneChoice,
} from '../../chat/request-fates.ts'
import { choosableTools, type Tool } from '../../chat/tool.ts'
import { retained } from '../../system/resumable.ts'
import { writeCustomToolFunction } from '../json/custom-tool-function.ts'
import { removeSchemaBounds } from '../json/schema-bounds.ts'
import { withMarks, writeCacheMark } from './cache-marks.ts'
import { messagesWire } from './formats.ts'
import { withInnerFields } from './inner-fields.ts'
import { writeBlocks } from './message-blocks-writer.ts'
import { reportDroppedContent } from './message-content-fates.ts'
import { hasOwnContent, type LaterInstructions, writeTurns } from './message-turns-writer.ts'
import { closeObjects } from './output-schema.ts'
import { type ThinkingForm, thinks, writeThinking } from './thinking-writer.ts'

/** Differences between models and servers of this wire. */
export interface MessageRequestForm extends ThinkingForm {
	/** Who sets cache breakpoints: the client, or the gateway, at the ends of tools, instructions and user messages. */
	readonly cache: 'client' | 'auto'
	/** How instructions in the middle of a conversation are sent. */
	readonly systemMessages: LaterInstructions
	/**
	 * Limits on numbers, lengths and counts in schemas of structured outputs and strict tools, which Anthropic's API
	 * rejects.
	 */
	readonly schemaBounds: 'send' | 'remove'
}

export interface WrittenMessageRequest {
	readonly body: JsonObject
	/** Values of the `anthropic-beta` header. */
	readonly betas: readonly string[]
}

export interface MessageRequestOptions {
	/** The upstream's name of the model. */
	readonly model: string
	/** The upstream and its model, as in `Signature.origin`. */
	readonly origin?: string | undefined
	readonly form: MessageRequestForm
	/** Whether to request a streaming response. */
	readonly stream: boolean
	/** Called with each dropped feature, by its name in OpenAI's API. */
	readonly drop: Drop
}

/** @throws ChatError `unsupported` for features that this wire lacks. */
export function writeMessageRequest(
	given: ChatRequest,
	{ model, origin, form, stream, drop }: MessageRequestOptions,
): WrittenMessageRequest {
	requireOneChoice(given)
	const request = requestFor({ wire: messagesWire, origin, requiresSignatures: true }, given, drop)
	const { betas, ...native } = passthroughFor(request, messagesWire, drop)
	const prompt = writePrompt(request, form, drop)
	const thinking = writeThinking(request, form, drop)
	return {
		betas: betasOf({ betas }),
		body: {
			model,
			...prompt,
			...thinking,
			...writeSampling(request, thinks(thinking), drop),
			stop_sequences: request.stop.length === 0 ? undefined : request.stop,
			metadata: request.user === undefined ? undefined : { user_id: request.user },
			stream,
			...mergeOutput(thinking, request.responseFormat, form, drop),
			...withInnerFields({ ...thinking, ...prompt }, native, drop),
		},
	}
}

/**
 * The same for a token counting request. Dropped features are not reported, since there is no response that they could
 * change.
 */
export function writeCountRequest(
	given: ChatRequest,
	{ model, origin, form }: Pick<MessageRequestOptions, 'model' | 'origin' | 'form'>,
): WrittenMessageRequest {
	const silently = () => undefined
	const request = requestFor({ wire: messagesWire, origin, requiresSignatures: true }, given, silently)
	const { thinking } = writeThinking(request, form, silently)
	const native = passthroughFor(request, messagesWire, silently)
	const counted = Object.entries(native).filter(([name]) => countedFields.has(name))
	return {
		betas: betasOf(native),
		body: { model, ...writePrompt(request, form, silently), thinking, ...Object.fromEntries(counted) },
	}
}

/** Fields of this wire that a token counting request has, and that change the count. */
const countedFields: ReadonlySet<string> = new Set([
	'context_management',
	'mcp_servers',
	'thinking',
	'tool_choice',
	'tools',
])

function betasOf({ betas }: JsonObject): readonly string[] {
	return Array.isArray(betas) ? betas.map(String) : []
}

function writePrompt(request: ChatRequest, form: MessageRequestForm, drop: Drop): JsonObject {
	const firstTurn = request.messages.findIndex(
		(message) => (message.role !== 'system' && message.role !== 'developer') || hasOwnContent(message),
	)
	const rest =
		firstTurn === -1 ? [] : retained(request.messages, 'from the first turn', () => request.messages.slice(firstTurn))
	const instructions = (
		firstTurn === -1 ? request.messages : request.messages.slice(0, firstTurn)
	) as readonly SystemMessage[]
	const system = [
		...instructions.flatMap(({ content }) => writeBlocks(content)),
		...(request.responseFormat.type === 'json-object' ? [onlyJson(drop)] : []),
	]
	const prompt = {
		system: system.length === 0 ? undefined : system,
		messages: writeTurns(rest, { instructions: form.systemMessages, firstIndex: firstTurn, drop }),
		...writeTools(request, form, drop),
	}
	return withMarks(prompt, form.cache === 'auto')
}

/** The wire supports JSON by schema only, not arbitrary JSON, so the prompt requests it. */
function onlyJson(drop: Drop): JsonObject {
	drop('response_format')
	return { type: 'text', text: 'Answer with one JSON object and nothing else: no words around it, no code fence.' }
}

function writeTools(
	{ tools, toolChoice, parallelToolCalls }: ChatRequest,
	form: MessageRequestForm,
	drop: Drop,
): JsonObject {
	if (tools.length === 0) return {}
	const write = (tool: Tool) => writeTool(tool, form, drop)
	const single = parallelToolCalls ? {} : { disable_parallel_tool_use: true }
	switch (toolChoice.type) {
		case 'none':
			return { tools: tools.map(write), tool_choice: { type: 'none' } }
		case 'named':
			return { tools: tools.map(write), tool_choice: { type: 'tool', name: toolChoice.name, ...single } }
		case 'auto':
		case 'required': {
			const type = toolChoice.type === 'auto' ? 'auto' : 'any'
			return { tools: choosableTools(tools, toolChoice).map(write), tool_choice: { type, ...single } }
		}
	}
}

function writeTool(tool: Tool, form: MessageRequestForm, drop: Drop): JsonObject {
	if (tool.type === 'custom') {
		const { description, parameters } = writeCustomToolFunction(tool)
		return {
			name: tool.name,
			description,
			input_schema: parameters,
			...writeCacheMark(tool.cacheMark),
			...tool.rest?.fields,
		}
	}
	const input = { type: 'object', properties: {}, ...tool.parameters }
	return {
		name: tool.name,
		description: tool.description,
		input_schema: tool.strict ? writeSchema(input, 'tools', form, drop) : input,
		strict: tool.strict ? true : undefined,
		...writeCacheMark(tool.cacheMark),
		...tool.rest?.fields,
	}
}

/** How this wire expresses each field of a request. */
export const messageRequestFates = {
	model: 'written',
	messages: 'translated',
	seed: 'dropped',
	logprobs: 'dropped',
	minP: 'dropped',
	logitBias: 'dropped',
	frequencyPenalty: 'dropped',
	presencePenalty: 'dropped',
	repetitionPenalty: 'dropped',
	temperature: 'translated',
	topP: 'translated',
	topK: 'translated',
	maxTokens: 'written',
	stop: 'written',
	choices: 'refused',
	tools: 'translated',
	toolChoice: 'written',
	parallelToolCalls: 'written',
	responseFormat: 'translated',
	reasoningEffort: 'translated',
	reasoningTokens: 'translated',
	user: 'written',
	cacheMark: 'written',
	passthrough: 'written',
	passthroughWire: 'translated',
	image: 'written',
	audio: 'refused',
	file: 'written',
	messageName: 'dropped',
	lateInstructions: 'translated',
	failedTool: 'written',
	resultImage: 'written',
	reasoningText: 'dropped',
	jsonMode: 'translated',
	reasoningOff: 'unused',
} as const satisfies RequestFates

const reportDropped = dropReporter(messageRequestFates)

/** @param thinks the wire accepts no sampling parameters with thinking enabled. */
function writeSampling(request: ChatRequest, thinks: boolean, drop: Drop): JsonObject {
	reportDropped(request, drop)
	reportDroppedContent(request, drop)
	const { temperature, topP } = request.sampling
	const topK = limitedTopK(request.sampling)
	if (temperature !== undefined && (thinks || temperature > 1)) drop('temperature')
	if (topP !== undefined && (thinks || temperature !== undefined)) drop('top_p')
	if (topK !== undefined && thinks) drop('top_k')
	if (thinks) return {}
	return {
		temperature: temperature === undefined ? undefined : Math.min(1, temperature),
		// Newer models reject a request with both.
		top_p: temperature === undefined ? topP : undefined,
		top_k: topK,
	}
}

/** @param of the field that contains the schema. */
function writeSchema(schema: JsonObject, of: string, { schemaBounds }: MessageRequestForm, drop: Drop): JsonObject {
	if (schemaBounds === 'send') return schema
	return removeSchemaBounds(schema, (keyword) => drop(`${of}.${keyword}`), isAllowedBound)
}

/** Source: Anthropic's guide on structured outputs, section on JSON Schema limitations. */
function isAllowedBound(keyword: string, value: Json): boolean {
	return keyword === 'minItems' && (value === 0 || value === 1)
}

function mergeOutput(
	{ output_config: effort }: JsonObject,
	format: ResponseFormat,
	form: MessageRequestForm,
	drop: Drop,
): JsonObject {
	switch (format.type) {
		case 'text':
		case 'json-object':
			return {}
		case 'json-schema': {
			const given = format.schema ?? { type: 'object', properties: {} }
			const closed = closeObjects(writeSchema(given, 'response_format', form, drop))
			const schema = format.description === undefined ? closed : { description: format.description, ...closed }
			const known = typeof effort === 'object' && effort !== null ? effort : {}
			return { output_config: { ...known, format: { type: 'json_schema', schema } } }
		}
	}
}
