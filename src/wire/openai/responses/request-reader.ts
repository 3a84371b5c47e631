// Reads OpenAI's Responses request into the canonical one and checks the rules that span fields, which a schema cannot
// express. The pipeline resolves the ids of earlier responses, conversations and items.

import { ChatError } from '../../../chat/error.ts'
import type { JsonObject } from '../../../chat/json.ts'
import { definedFields, type Json } from '../../../chat/json.ts'
import type { Message } from '../../../chat/message.ts'
import { textOf, toolCallsOf } from '../../../chat/parts.ts'
import type { ChatRequest, EveryField, ResponseFormat, Sampling } from '../../../chat/request.ts'
import type { Metadata } from '../../../conversations/conversation.ts'
import { readCommonSampling } from '../chat-request-reader.ts'
import { schemaError } from '../schema-error.ts'
import { readEcho } from './echo.ts'
import { mergeItems, type ParsedItem, readItems, resolveReferences } from './item-reader.ts'
import { type ResponsesRequestBody, responsesRequestSchema } from './request-schema.ts'
import { checkStrict, droppedTools, readToolChoice, readTools } from './tool-reader.ts'

export interface ReadResponsesRequest {
	/** Instructions first, if any. Referenced items are not included. */
	readonly request: ChatRequest
	/** The first messages of the request: the instructions, at most one message. */
	readonly instructions: readonly Message[]
	/** The other messages of the request. */
	readonly input: readonly Message[]
	/** Ids of referenced items, as sent. */
	readonly references: readonly string[]
	/**
	 * The request with the resolved items in place of its references. Pass an empty list if the history already contains
	 * an item.
	 */
	readonly withItems: (
		found: ReadonlyMap<string, readonly ParsedItem[]>,
	) => Pick<ReadResponsesRequest, 'request' | 'input'>
	readonly stream: boolean
	readonly background: boolean
	readonly store: boolean
	readonly previousResponse?: string
	readonly conversation?: string
	readonly truncation: 'auto' | 'refuse'
	/** Return encrypted reasoning for the client to send back. */
	readonly withEncryptedReasoning: boolean
	readonly metadata: Metadata
	/** False: the turn is stored, but not answered. */
	readonly generates: boolean
	readonly echo: JsonObject
	/** The fields and tools that no engine gets, by the client's names. */
	readonly dropped: readonly string[]
	/** The error of OpenAI's API for a type of item or content that it does not know. */
	readonly violation?: ChatError | undefined
}

/**
 * Reads a parsed JSON body.
 *
 * @throws ChatError `invalid-request` with OpenAI's message, code and param; `unsupported` for features that this
 * server lacks.
 */
export function readResponsesRequest(body: unknown): ReadResponsesRequest {
	const parsed = responsesRequestSchema.safeParse(body)
	if (!parsed.success) throw schemaError(parsed.error, body)
	const fields = parsed.data
	checkDependencies(fields)
	let violation: ChatError | undefined
	const pieces = readInput(fields, body, (error) => {
		violation ??= error
	})
	const { conversation, previous_response_id: previousResponse } = fields
	const continues = conversation != null || previousResponse != null
	const references = pieces.flatMap((piece) => (piece.type === 'reference' ? [piece.id] : []))
	const tools = readTools(fields, body)
	const base = readWithoutMessages(fields, tools, readToolChoice(fields.tool_choice, tools))
	const instructions: readonly Message[] =
		fields.instructions == null ? [] : [{ role: 'developer', content: [{ type: 'text', text: fields.instructions }] }]
	const withInput = (input: readonly Message[]) => ({
		request: { ...base, messages: [...instructions, ...input] },
		input,
	})
	const withItems = (found: ReadonlyMap<string, readonly ParsedItem[]>) => {
		const joined = mergeItems(resolveReferences(pieces, found))
		if (!continues) checkCalls(joined)
		return withInput(joined)
	}
	const { request, input } = references.length === 0 ? withItems(new Map()) : withInput(mergeItems(pieces))
	if (base.responseFormat.type === 'json-object' && !continues && references.length === 0) checkJson(request)
	return {
		request,
		instructions,
		input,
		references,
		withItems,
		stream: fields.stream ?? false,
		background: fields.background ?? false,
		store: fields.store ?? true,
		previousResponse: previousResponse ?? undefined,
		conversation: typeof conversation === 'string' ? conversation : conversation?.id,
		truncation: fields.truncation === 'auto' ? 'auto' : 'refuse',
		withEncryptedReasoning: fields.include?.includes('reasoning.encrypted_content') ?? false,
		metadata: fields.metadata ?? {},
		generates: fields.generate !== false,
		echo: readEcho(fields),
		violation,
		dropped: [...droppedFields(fields), ...droppedTools(fields.tools ?? [])],
	}
}

function checkDependencies(fields: ResponsesRequestBody): void {
	if (fields.previous_response_id != null && fields.conversation != null)
		throw new ChatError(
			'invalid-request',
			"Mutually exclusive parameters: 'previous_response_id' and 'conversation'. Provide only one of them.",
			{ param: 'previous_response_id', code: 'mutually_exclusive_parameters' },
		)
	if (fields.prompt != null)
		throw new ChatError(
			'unsupported',
			"Unsupported parameter: 'prompt'. This server does not store prompt templates.",
			{
				param: 'prompt',
				code: 'unsupported_parameter',
			},
		)
	if (fields.background === true && fields.store === false)
		throw new ChatError(
			'invalid-request',
			"'background' requires 'store': the response could not be retrieved otherwise.",
			{
				param: 'background',
			},
		)
	if (fields.stream_options != null && fields.stream !== true)
		throw new ChatError(
			'invalid-request',
			"Invalid value for 'stream_options': 'stream_options' is only allowed when 'stream' is enabled.",
			{ param: 'stream_options' },
		)
}

function readInput(
	fields: ResponsesRequestBody,
	body: unknown,
	violate: (error: ChatError) => void,
): readonly ParsedItem[] {
	const { input } = fields
	if (typeof input === 'string')
		return [{ type: 'message', message: { role: 'user', content: [{ type: 'text', text: input }] } }]
	const pieces = readItems(input ?? [], { body, field: 'input', violate })
	const continued = fields.conversation != null || fields.previous_response_id != null
	if (pieces.length === 0 && !continued && fields.instructions == null)
		throw new ChatError(
			'invalid-request',
			"One of 'input', 'previous_response_id' or 'conversation' must be provided.",
			{ param: 'input', code: 'missing_required_parameter' },
		)
	return pieces
}

type Base = Omit<EveryField<ChatRequest>, 'messages'>

function readWithoutMessages(
	fields: ResponsesRequestBody,
	tools: ChatRequest['tools'],
	toolChoice: ChatRequest['toolChoice'],
): Base {
	const { max_output_tokens: maxTokens, top_logprobs: top, user } = fields
	const effort = fields.reasoning?.effort
	const wantsLogprobs = (top ?? 0) > 0 || fields.include?.includes('message.output_text.logprobs') === true
	return {
		model: fields.model,
		sampling: { ...readCommonSampling(fields), logitBias: undefined, seed: undefined } satisfies EveryField<Sampling>,
		maxTokens: maxTokens ?? undefined,
		stop: [],
		choices: 1,
		logprobs: wantsLogprobs ? { top: top ?? 0 } : undefined,
		tools,
		toolChoice,
		parallelToolCalls: fields.parallel_tool_calls ?? true,
		responseFormat: readFormat(fields.text?.format),
		reasoningEffort: effort ?? undefined,
		reasoningTokens: undefined,
		user: user ?? undefined,
		passthrough: readPassthrough(fields),
		passthroughWire: undefined,
	}
}

/**
 * Fields that engines know by the same name. A chat engine ignores the other fields of this API, and some reject
 * unknown ones.
 */
function readPassthrough(fields: ResponsesRequestBody): JsonObject {
	const { prompt_cache_key, safety_identifier, service_tier, chat_template_kwargs } = fields
	return definedFields<Json>({
		verbosity: fields.text?.verbosity ?? undefined,
		prompt_cache_key: prompt_cache_key ?? undefined,
		safety_identifier: safety_identifier ?? undefined,
		service_tier: service_tier ?? undefined,
		chat_template_kwargs: (chat_template_kwargs as JsonObject | null | undefined) ?? undefined,
	})
}

/** Fields that frames of a socket, not requests, have. */
const frameFields: ReadonlySet<string> = new Set(['event_id', 'generate', 'type'])

/** The additional output that is written. */
const usedIncludes: ReadonlySet<string> = new Set([
	'reasoning.encrypted_content',
	'message.output_text.logprobs',
	'message.input_image.image_url',
])

/** Names of the fields without an effect, such as `seed` or `text.format.schema`. */
function droppedFields(fields: ResponsesRequestBody): readonly string[] {
	const { max_tool_calls: maxToolCalls, reasoning, text, stream_options: streamOptions, include } = fields
	const names = maxToolCalls == null ? [] : ['max_tool_calls']
	const unknown = (path: string, value: object | null | undefined, known: object) => {
		for (const [name, field] of Object.entries(value ?? {}))
			if (field != null && !Object.hasOwn(known, name)) names.push(path + name)
	}
	unknown('', withoutFrameFields(fields), responsesRequestSchema.shape)
	unknown('reasoning.', reasoning, { effort: true })
	unknown('text.', text, { format: true, verbosity: true })
	unknown('text.format.', text?.format, formatFields[text?.format?.type ?? 'text'])
	const { include_obfuscation: obfuscates, ...otherOptions } = streamOptions ?? {}
	unknown('stream_options.', obfuscates === true ? streamOptions : otherOptions, { include_usage: true })
	for (const value of include ?? []) if (!usedIncludes.has(value)) names.push(`include.${value.slice(0, 100)}`)
	return names
}

function withoutFrameFields(fields: ResponsesRequestBody): object {
	return Object.fromEntries(Object.entries(fields).filter(([name]) => !frameFields.has(name)))
}

type Format = NonNullable<NonNullable<ResponsesRequestBody['text']>['format']>

const formatFields: Readonly<Record<Format['type'], object>> = {
	text: { type: true },
	json_object: { type: true },
	json_schema: { type: true, name: true, description: true, schema: true, strict: true },
}

function readFormat(format: Format | null | undefined): ResponseFormat {
	switch (format?.type) {
		case undefined:
		case 'text':
			return { type: 'text' }
		case 'json_object':
			return { type: 'json-object' }
		case 'json_schema': {
			const { name, description, schema, strict } = format
			if (strict === true && schema != null) checkStrict(schema, `text.format '${name}'`, 'text.format.schema')
			return {
				type: 'json-schema',
				name,
				description: description ?? undefined,
				schema: schema == null ? undefined : (schema as JsonObject),
				strict: strict ?? false,
			}
		}
	}
}

function checkJson({ messages }: ChatRequest): void {
	if (messages.some((message) => /json/i.test(textOf(message.content)))) return
	throw new ChatError(
		'invalid-request',
		"The input must contain the word 'json' in some form, to use 'text.format' of type 'json_object'.",
		{ param: 'input' },
	)
}

/** Every call has its result and every result its call, in this order. */
function checkCalls(messages: readonly Message[]): void {
	const open = new Set<string>()
	for (const message of messages) {
		if (message.role === 'assistant') for (const { id } of toolCallsOf(message.content)) open.add(id)
		if (message.role === 'tool' && !open.delete(message.callId))
			throw new ChatError(
				'invalid-request',
				`No tool call found for function call output with call_id ${message.callId}.`,
				{ param: 'input' },
			)
	}
	const [unanswered] = open
	if (unanswered !== undefined)
		throw new ChatError('invalid-request', `No tool output found for function call ${unanswered}.`, { param: 'input' })
}
