// The wires whose requests are tested: their dialects, and what a request needs around the field under test to be
// valid, such as the call that a tool result belongs to. It knows nothing about single fields.

import type { DialectClient } from '../dialect-clients/dialect-client.ts'
import { dialectClients } from '../dialect-clients/list.ts'
import type { FieldCases, JsonFields } from './field-cases.ts'
import { plainText } from './samples.ts'

export interface RequestWire {
	/** The exported type of `sdk-types.ts`. */
	readonly root: string
	readonly dialects: readonly RequestDialect[]
	/** As in `EngineUnderTest.wire`. */
	readonly wire: string
	/** Types whose cases are not repeated, because they go to the same route. */
	readonly except?: string
	/** What a request needs besides a field, by the beginning of its path. `mark` is the text of the field, if it has one. */
	companions(mark: string): Readonly<Record<string, JsonFields>>
	/** A valid request with the fields of `body`: for example, with the call that a tool result belongs to. */
	complete(body: JsonFields, cases: FieldCases): JsonFields
	/** The part of a response that shows an effect of the request; all of it if absent. */
	effects?(text: string): string
}

export interface RequestDialect {
	readonly name: string
	readonly path: string
	readonly headers: (key: string) => Readonly<Record<string, string>>
	readonly readError: (body: unknown) => string
}

export function requestDialect(client: string, query = ''): RequestDialect {
	const found = dialectClients.find(({ name }) => name === client)
	if (found === undefined) throw new Error(`no client ${client}`)
	return dialectOf(found, query)
}

function dialectOf(client: DialectClient, query: string): RequestDialect {
	const { path, headers } = client.write({ model: '', turns: [] })
	return { name: client.name + query, path: path + query, headers, readError: client.readError }
}

/** Some formats require the word JSON. */
const user = { role: 'user', content: 'Hello JSON' }
const schema = {
	type: 'object',
	properties: { place: { type: 'string' } },
	required: ['place'],
	additionalProperties: false,
}

function listOf(value: unknown): readonly JsonFields[] {
	return Array.isArray(value) ? value : []
}

function textOr(value: unknown, otherwise: string): string {
	return typeof value === 'string' ? value : otherwise
}

// Chat completions.

function chatTool(name: string): JsonFields {
	return { type: 'function', function: { name, parameters: schema } }
}

function chatTurn(message: JsonFields): readonly JsonFields[] {
	switch (message.role) {
		case 'assistant': {
			const results = listOf(message.tool_calls).map(({ id }) => ({ role: 'tool', tool_call_id: id, content: 'done' }))
			const own = answerFields.some((name) => message[name] !== undefined) ? message : { ...message, content: 'hello' }
			return [user, own, ...results, ...(message.function_call === undefined ? [] : [functionResult(message)])]
		}
		case 'tool': {
			const called = { name: plainText, arguments: '{}' }
			const call = { id: message.tool_call_id, type: 'function', function: called }
			return [user, { role: 'assistant', tool_calls: [call] }, message]
		}
		case 'function':
			return [user, { role: 'assistant', function_call: { name: message.name, arguments: '{}' } }, message]
		default:
			return [message]
	}
}

/** An assistant message has one of them. */
const answerFields = ['content', 'tool_calls', 'function_call', 'refusal', 'audio'] as const

function functionResult({ function_call: called }: JsonFields): JsonFields {
	return { role: 'function', name: (called as JsonFields).name, content: 'done' }
}

function chatCompanions(mark: string): Readonly<Record<string, JsonFields>> {
	const tools = [chatTool(plainText), chatTool(mark)]
	return {
		tool_choice: { tools },
		'tool_choice[custom]': { tools: [plainText, mark].map((name) => ({ type: 'custom', custom: { name } })) },
		parallel_tool_calls: { tools },
		function_call: {
			functions: [
				{ name: plainText, parameters: schema },
				{ name: mark, parameters: schema },
			],
		},
		top_logprobs: { logprobs: true },
		stream_options: { stream: true },
		audio: { modalities: ['text', 'audio'] },
		modalities: { audio: { voice: 'alloy', format: 'wav' } },
	}
}

/** A schema for the response format that requires one to have an effect. */
function withSchema(format: unknown): unknown {
	if (typeof format !== 'object' || format === null || !('json_schema' in format)) return format
	return { ...format, json_schema: { schema, ...(format.json_schema as JsonFields) } }
}

function completeChat(body: JsonFields): JsonFields {
	const messages = listOf(body.messages).flatMap(chatTurn)
	const last = messages.at(-1)?.role
	return {
		...body,
		response_format: withSchema(body.response_format),
		messages: last === 'user' || last === 'tool' || last === 'function' ? messages : [...messages, user],
	}
}

// Messages.

function messagesTool(name: string): JsonFields {
	return { name, input_schema: schema }
}

function messagesTurn(message: JsonFields): readonly JsonFields[] {
	const blocks = listOf(message.content)
	if (message.role === 'assistant') {
		const content = blocks.flatMap((block) => [...serverCall(block), block])
		const results = blocks.flatMap(({ type, id }) =>
			type === 'tool_use' ? [{ type: 'tool_result', tool_use_id: id, content: 'done' }] : [],
		)
		return [
			user,
			blocks.length === 0 ? message : { ...message, content },
			results.length === 0 ? user : { role: 'user', content: results },
		]
	}
	const calls = blocks.flatMap(({ type, tool_use_id: id }) =>
		type === 'tool_result' ? [{ type: 'tool_use', id, name: plainText, input: {} }] : [],
	)
	const before = calls.length === 0 ? [] : [user, { role: 'assistant', content: calls }]
	return message.role === 'system' ? [user, message, user] : [...before, message]
}

/** The call that a result of a tool of the provider belongs to. */
function serverCall({ type, tool_use_id: id }: JsonFields): readonly JsonFields[] {
	const name = textOr(type, '')
	if (name === 'mcp_tool_result')
		return [{ type: 'mcp_tool_use', id, name: plainText, server_name: plainText, input: {} }]
	if (!name.endsWith('_tool_result')) return []
	return [{ type: 'server_tool_use', id, name: name.replace('_tool_result', ''), input: {} }]
}

function messagesCompanions(mark: string): Readonly<Record<string, JsonFields>> {
	return { tool_choice: { tools: [messagesTool(plainText), messagesTool(mark)] } }
}

function completeMessages(body: JsonFields): JsonFields {
	return { ...body, messages: listOf(body.messages).flatMap(messagesTurn) }
}

// Responses.

function responsesTool(name: string): JsonFields {
	return { type: 'function', name, parameters: schema, strict: false }
}

function responsesCompanions(mark: string): Readonly<Record<string, JsonFields>> {
	const tools = [responsesTool(plainText), responsesTool(mark)]
	return {
		tool_choice: { tools },
		'tool_choice[custom]': { tools: [plainText, mark].map((name) => ({ type: 'custom', name })) },
		parallel_tool_calls: { tools },
		stream_options: { stream: true },
		include: { top_logprobs: 2 },
	}
}

function completeResponses(body: JsonFields, cases: FieldCases): JsonFields {
	const input = Array.isArray(body.input) ? responsesItems(body.input, cases) : (body.input ?? user.content)
	return { store: false, ...body, input }
}

/** Without the fields of the request that each response repeats. */
function responsesEffects(text: string): string {
	if (!text.startsWith('{')) return text
	const { output, usage, incomplete_details: end } = JSON.parse(text) as JsonFields
	return JSON.stringify({ output, usage, end })
}

/** An item with the call or the result that it needs. */
function responsesItems(items: readonly JsonFields[], cases: FieldCases): readonly JsonFields[] {
	return items.flatMap((item): readonly JsonFields[] => {
		const type = textOr(item.type, '')
		if (item.call_id === undefined) return [item, user]
		const paired = type.endsWith('_output') ? type.slice(0, -'_output'.length) : `${type}_output`
		const other = cases.memberOf('ResponsesRequest', 'input', paired)
		if (other === undefined) return [user, item]
		const pair = { ...other, call_id: item.call_id }
		return type.endsWith('_output') ? [user, pair, item] : [user, item, pair]
	})
}

/** The dialects whose chat completions have OpenAI's form. */
export const openaiDialects: readonly RequestDialect[] = [
	...['openai', 'albert', 'opengatellm', 'egp v5', 'aleph-alpha'].map((name) => requestDialect(name)),
]

export const requestWires: readonly RequestWire[] = [
	{
		root: 'ChatCompletionRequest',
		wire: 'openai',
		dialects: openaiDialects,
		companions: chatCompanions,
		complete: completeChat,
	},
	{
		root: 'MessagesRequest',
		wire: 'anthropic',
		dialects: [requestDialect('anthropic')],
		companions: messagesCompanions,
		complete: completeMessages,
	},
	{
		root: 'BetaMessagesRequest',
		wire: 'anthropic',
		dialects: [requestDialect('anthropic', '?beta=true')],
		except: 'MessagesRequest',
		companions: messagesCompanions,
		complete: completeMessages,
	},
	{
		root: 'ResponsesRequest',
		wire: 'openai',
		dialects: [requestDialect('openai responses')],
		companions: responsesCompanions,
		complete: completeResponses,
		effects: responsesEffects,
	},
]
