// Reads OpenAI's Responses request into the canonical one and checks the rules that span fields, which a schema cannot
// express. The pipeline resolves the ids of earlier responses, conversations and items.

import { ChatError } from '../../../chat/error.ts'
import { definedFields, type Json, type JsonObject } from '../../../chat/json.ts'
import type { Message } from '../../../chat/message.ts'
import { textOf, toolCallsOf } from '../../../chat/parts.ts'
import type { ChatRequest, EveryField, ResponseFormat, Sampling } from '../../../chat/request.ts'
import type { Metadata } from '../../../conversations/conversation.ts'
import { retained } from '../../../system/resumable.ts'
import { field } from '../../json/fields.ts'
import { readCommonSampling } from '../chat-request-reader.ts'
import { schemaError } from '../schema-error.ts'
import { type ConversationSettings, settingsOf } from './conversation-settings.ts'
import { readEcho } from './echo.ts'
import { type ItemPath, readItems } from './item-reader.ts'
import { itemsAfterSummary, mergeItems, type ParsedItem, resolveReferences } from './parsed-items.ts'
import { checkFields, thresholdOf, unusedFields } from './request-rules.ts'
import { type ResponseFormatBody, type ResponsesRequestBody, responsesRequestSchema } from './request-schema.ts'
import { afterSummary } from './summary.ts'
import { clientToolNames } from './tool-name.ts'
import { checkStrict, droppedTools, readToolChoice, readTools, type ToolList } from './tool-reader.ts'

/** What depends on the items of the conversation. */
export interface ReadConversation {
	/** What models receive of the stored messages before the request; undefined if these are not known yet. */
	readonly shownHistory: readonly Message[] | undefined
	/** Instructions first, if any. Referenced items are not included. */
	readonly request: ChatRequest
	/** The messages of the request after the instructions. */
	readonly input: readonly Message[]
	readonly echo: JsonObject
	/** The fields and tools that no engine gets, by the client's names. */
	readonly dropped: readonly string[]
	/**
	 * The same request after these messages, whose items may add tools and change settings.
	 *
	 * @throws ChatError `invalid-request` if the request chooses a tool that neither it nor the conversation has.
	 */
	readonly withHistory: (history: readonly Message[]) => ReadConversation
}

export interface ReadResponsesRequest extends ReadConversation {
	/** The first messages of the request: the instructions, at most one message. */
	readonly instructions: readonly Message[]
	/** Ids of referenced items, as sent. */
	readonly references: readonly string[]
	/**
	 * The request with the resolved items in place of its references. Pass an empty list if the history already contains
	 * an item.
	 */
	readonly withItems: (found: ReadonlyMap<string, readonly ParsedItem[]>) => ReadConversation
	readonly stream: boolean
	readonly background: boolean
	readonly store: boolean
	readonly previousResponse?: string
	readonly conversation?: string
	readonly truncation: 'auto' | 'refuse'
	/** Return encrypted reasoning for the client to send back. */
	readonly withEncryptedReasoning: boolean
	readonly metadata: Metadata
	/** The answer is a summary of the conversation. */
	readonly compacts: boolean
	/** Number of prompt tokens beyond which the conversation is replaced by a summary. */
	readonly compactThreshold?: number | undefined
	/** False: the turn is stored, but not answered. */
	readonly generates: boolean
	/** The error of OpenAI's API for a type of item or content that it does not know. */
	readonly violation?: ChatError | undefined
}

/**
 * Reads a parsed JSON body.
 *
 * @param continues whether the headers name a conversation that it continues.
 * @throws ChatError `invalid-request` with OpenAI's message, code and param; `unsupported` for features that this
 * server lacks.
 */
export function readResponsesRequest(body: unknown, continues = false): ReadResponsesRequest {
	const parsed = responsesRequestSchema.safeParse(body)
	if (!parsed.success) throw schemaError(parsed.error, body)
	const fields = parsed.data
	checkFields(fields)
	const violations = retained(body, 'violations', (): ChatError[] => [])
	const own: ToolList = { tools: fields.tools ?? [], body, path: ['tools'] }
	const clientNames = clientToolNames(own.tools)
	const violate = (error: ChatError) => {
		if (violations.length === 0) violations.push(error)
	}
	const compacts = isCompaction(fields.input)
	const compactThreshold = thresholdOf(fields)
	const given = readInput(fields, { body, field: 'input', violate, clientNames })
	const pieces = compactThreshold === undefined ? given : itemsAfterSummary(given)
	const { conversation, previous_response_id: previousResponse } = fields
	const hasHistory = continues || conversation != null || previousResponse != null
	const references = pieces.flatMap((piece) => (piece.type === 'reference' ? [piece.id] : []))
	const instructions: readonly Message[] =
		fields.instructions == null ? [] : [{ role: 'developer', content: [{ type: 'text', text: fields.instructions }] }]
	const ownNames = [...unusedFields(fields), ...droppedTools(own.tools)]
	/** @param history undefined if it is not known yet. */
	const withInput = (input: readonly Message[], history: readonly Message[] | undefined): ReadConversation => {
		const settings = settingsOf([...(history ?? []), ...input])
		const tools = readTools([own, ...settings.tools.map((tool) => ({ tools: [tool], body: [tool], path: [] }))])
		const toolChoice = readToolChoice(fields.tool_choice, tools, history === undefined)
		return {
			request: {
				...readWithoutMessages(fields, settings),
				tools: tools.tools,
				toolChoice: compacts ? { type: 'none' } : toolChoice,
				messages: [...instructions, ...input],
			},
			input,
			shownHistory: history === undefined ? undefined : afterSummary(history),
			echo: readEcho(fields, settings.tools),
			dropped: [...ownNames, ...droppedTools(settings.tools)],
			withHistory: (messages) => withInput(input, messages),
		}
	}
	const history = hasHistory ? undefined : []
	const withItems = (found: ReadonlyMap<string, readonly ParsedItem[]>) => {
		const joined = mergeItems(resolveReferences(pieces, found))
		if (!hasHistory) checkCalls(joined)
		return withInput(joined, history)
	}
	const read = references.length === 0 ? withItems(new Map()) : withInput(mergeItems(pieces), history)
	const { request } = read
	if (request.responseFormat.type === 'json-object' && !hasHistory && references.length === 0) checkJson(request)
	return {
		...read,
		instructions,
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
		compacts,
		compactThreshold,
		generates: fields.generate !== false && fields.prompt_cache_options?.prewarm !== true,
		violation: violations[0],
	}
}

/** Whether the last item requests a summary of the conversation. */
function isCompaction(input: ResponsesRequestBody['input']): boolean {
	return Array.isArray(input) && field(input.at(-1), 'type') === 'compaction_trigger'
}

function readInput(fields: ResponsesRequestBody, at: ItemPath): readonly ParsedItem[] {
	const { input } = fields
	if (typeof input === 'string')
		return [{ type: 'message', message: { role: 'user', content: [{ type: 'text', text: input }] } }]
	const items = input ?? []
	const pieces = readItems(
		isCompaction(items) ? retained(items, 'before the trigger', () => items.slice(0, -1)) : items,
		at,
	)
	const continued = fields.conversation != null || fields.previous_response_id != null
	if (pieces.length === 0 && !continued && fields.instructions == null)
		throw new ChatError(
			'invalid-request',
			"One of 'input', 'previous_response_id' or 'conversation' must be provided.",
			{ param: 'input', code: 'missing_required_parameter' },
		)
	return pieces
}

type Base = Omit<EveryField<ChatRequest>, 'messages' | 'tools' | 'toolChoice'>

function readWithoutMessages(fields: ResponsesRequestBody, settings: ConversationSettings): Base {
	const { max_output_tokens: maxTokens, top_logprobs: top, user } = fields
	const { effort = fields.reasoning?.effort, format = fields.text?.format } = settings
	const wantsLogprobs = (top ?? 0) > 0 || fields.include?.includes('message.output_text.logprobs') === true
	return {
		model: fields.model,
		sampling: { ...readCommonSampling(fields), logitBias: undefined, seed: undefined } satisfies EveryField<Sampling>,
		maxTokens: maxTokens ?? undefined,
		stop: [],
		choices: 1,
		logprobs: wantsLogprobs ? { top: top ?? 0 } : undefined,
		parallelToolCalls: fields.parallel_tool_calls ?? true,
		responseFormat: readFormat(format),
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
	const { prompt_cache_key, prompt_cache_options, prompt_cache_retention } = fields
	const { safety_identifier, service_tier, chat_template_kwargs } = fields
	const { prewarm: _, ...cacheOptions } = prompt_cache_options ?? {}
	return definedFields<Json>({
		verbosity: fields.text?.verbosity ?? undefined,
		prompt_cache_key: prompt_cache_key ?? undefined,
		prompt_cache_options: Object.keys(cacheOptions).length === 0 ? undefined : (cacheOptions as JsonObject),
		prompt_cache_retention: prompt_cache_retention ?? undefined,
		safety_identifier: safety_identifier ?? undefined,
		service_tier: service_tier ?? undefined,
		chat_template_kwargs: (chat_template_kwargs as JsonObject | null | undefined) ?? undefined,
	})
}

function readFormat(format: ResponseFormatBody | null | undefined): ResponseFormat {
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
