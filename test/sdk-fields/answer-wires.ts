// The wires whose answers are tested: how an upstream sends an answer, a chunk or an event with the field under test, to
// a client of the same wire. It knows what surrounds an event in a stream, and nothing about single fields.

import type { FieldCase, FieldCases, JsonFields } from './field-cases.ts'
import { openaiDialects, type RequestDialect, requestDialect } from './request-wires.ts'
import { plainText } from './samples.ts'
import { eventStream, type ScriptedReply } from './tested-gateway.ts'

export interface AnswerWire {
	/** The exported type of `sdk-types.ts`. */
	readonly root: string
	readonly engine: string
	readonly dialects: readonly RequestDialect[]
	/** What the client sends. It requests everything that an answer has only on request. */
	readonly request: JsonFields
	/** Types whose cases are not repeated. */
	readonly except?: string
	/** The upstream's reply with `body`, which is the value of a case or its baseline. */
	reply(body: JsonFields, field: FieldCase, cases: FieldCases): ScriptedReply
}

function json(body: JsonFields): ScriptedReply {
	return { contentType: 'application/json', body: JSON.stringify(body) }
}

function fieldsOf(value: unknown): JsonFields {
	return typeof value === 'object' && value !== null ? (value as JsonFields) : {}
}

// Chat completions.

const chatRequest = {
	messages: [{ role: 'user', content: 'hello' }],
	n: 2,
	logprobs: true,
	top_logprobs: 3,
	tools: [
		{ type: 'function', function: { name: plainText, parameters: { type: 'object' } } },
		{ type: 'custom', custom: { name: plainText } },
	],
}
const chunkHead = { id: plainText, object: 'chat.completion.chunk', created: 3, model: plainText }

function chunk(delta: object, finish_reason: string | null): object {
	return { ...chunkHead, choices: [{ index: 0, delta, finish_reason }] }
}

const usage = { prompt_tokens: 7, completion_tokens: 7, total_tokens: 14 }

/** Calls for the finish reasons that promise them. */
function callsFor(reason: unknown): object {
	const called = { name: plainText, arguments: '{}' }
	if (reason === 'tool_calls') return { tool_calls: [{ index: 0, id: plainText, type: 'function', function: called }] }
	return reason === 'function_call' ? { function_call: called } : {}
}

function choicesOf(body: JsonFields): readonly JsonFields[] {
	return Array.isArray(body.choices) ? body.choices : []
}

function replyCompletion(body: JsonFields, { names }: FieldCase): ScriptedReply {
	if (names[0] !== 'choices') return json(body)
	const choices = choicesOf(body).flatMap((choice) => {
		const own = { ...choice, message: { ...fieldsOf(choice.message), ...callsFor(choice.finish_reason) } }
		return choice.index === 0 ? [own] : [{ ...own, index: 0 }, own]
	})
	return json({ ...body, choices })
}

function replyChunks(body: JsonFields, { names }: FieldCase): ScriptedReply {
	const isEnd = names.includes('finish_reason')
	const choices = choicesOf(body).map((choice) => ({
		...choice,
		delta: deltaOf(fieldsOf(choice.delta), names),
		finish_reason: null,
	}))
	const calls = choicesOf(body).map(({ finish_reason }) => chunk(isEnd ? callsFor(finish_reason) : {}, null))
	const end = isEnd ? body : chunk({}, 'stop')
	return eventStream(
		[
			chunk({ role: 'assistant', content: '' }, null),
			...(isEnd ? calls : [{ ...body, choices }]),
			end,
			...(names[0] === 'usage' ? [] : [{ ...chunkHead, choices: [], usage }]),
		],
		'data: [DONE]\n\n',
	)
}

/** A delta that says something: a text, or a call with its id and name. */
function deltaOf(delta: JsonFields, names: readonly string[]): JsonFields {
	if (Array.isArray(delta.tool_calls)) {
		const calls = delta.tool_calls.map((call: JsonFields) => {
			const kind = call.type === 'custom' || names.includes('custom') ? 'custom' : 'function'
			return { id: plainText, type: kind, ...call, [kind]: { name: plainText, ...fieldsOf(call[kind]) } }
		})
		return { ...delta, tool_calls: calls }
	}
	if (delta.function_call !== undefined) return { function_call: { name: plainText, ...fieldsOf(delta.function_call) } }
	return names.includes('delta') ? delta : { content: 'Hi.', ...delta }
}

// Messages.

const messagesRequest = {
	max_tokens: 2048,
	messages: [{ role: 'user', content: 'hello' }],
	tools: [{ name: plainText, input_schema: { type: 'object' } }],
}

/** The block that a delta belongs to. */
const blockOfDelta: Readonly<Record<string, string>> = {
	input_json_delta: 'tool_use',
	thinking_delta: 'thinking',
	signature_delta: 'thinking',
	compaction_delta: 'compaction',
}

/** A message that ended for the reason that it states. */
function replyMessage(answers: string) {
	return (body: JsonFields, { names }: FieldCase, cases: FieldCases): ScriptedReply => {
		const own = { ...body, stop_sequence: names.includes('stop_sequence') ? body.stop_sequence : null }
		if (body.stop_reason === 'stop_sequence') return json({ ...own, stop_sequence: plainText })
		const call = cases.memberOf(answers, 'content', 'tool_use')
		return json(body.stop_reason === 'tool_use' ? { ...own, content: [call] } : own)
	}
}

function replyEvents(events: string, answers: string) {
	return (body: JsonFields, { names }: FieldCase, cases: FieldCases): ScriptedReply => {
		const type = String(body.type)
		const delta = String(fieldsOf(body.delta).type)
		const blockType = type === 'content_block_delta' ? (blockOfDelta[delta] ?? 'text') : 'text'
		const block = cases.memberOf(answers, 'content', blockType)
		if (block === undefined) throw new Error(`no block for ${delta}`)
		const event = (name: string, fields: object = {}) =>
			name === type ? body : { ...cases.member(events, name), ...fields }
		const start = fieldsOf(cases.member(events, 'message_start').message)
		const inner = type === 'content_block_start' ? [] : [event('content_block_delta', textDelta(blockType))]
		return eventStream([
			event('message_start', { message: { ...start, content: [], stop_reason: null, stop_sequence: null } }),
			event('content_block_start', { content_block: emptied(block) }),
			...inner,
			event('content_block_stop'),
			...endOf(event('message_delta'), names, cases.memberOf(answers, 'content', 'tool_use')),
			event('message_stop'),
		])
	}
}

/** The event with the reason for the end, after what that reason promises. */
function endOf(event: JsonFields, names: readonly string[], call: JsonFields | undefined): readonly JsonFields[] {
	const { stop_reason: reason, stop_sequence: text, ...delta } = fieldsOf(event.delta)
	const hasText = reason === 'stop_sequence' || names.includes('stop_sequence')
	const end = { ...event, delta: { ...delta, stop_reason: reason, stop_sequence: hasText ? text : null } }
	if (reason !== 'tool_use') return [end]
	const block = { type: 'content_block_start', index: 1, content_block: emptied(call ?? {}) }
	return [block, { type: 'content_block_stop', index: 1 }, end]
}

function textDelta(blockType: string): object {
	return blockType === 'text' ? { delta: { type: 'text_delta', text: 'Hi.' } } : {}
}

/** Blocks start empty and are filled by deltas. */
function emptied(block: JsonFields): JsonFields {
	return { ...block, ...('text' in block ? { text: '' } : {}), ...('input' in block ? { input: {} } : {}) }
}

const messages = { engine: 'anthropic', dialects: [requestDialect('anthropic')] }
const beta = { engine: 'anthropic', dialects: [requestDialect('anthropic', '?beta=true')] }

export const answerWires: readonly AnswerWire[] = [
	{
		root: 'ChatCompletionAnswer',
		engine: 'openai-compatible',
		dialects: openaiDialects,
		request: chatRequest,
		reply: replyCompletion,
	},
	{
		root: 'ChatCompletionChunk',
		engine: 'openai-compatible',
		dialects: openaiDialects,
		request: { ...chatRequest, stream: true, stream_options: { include_usage: true } },
		reply: replyChunks,
	},
	{ root: 'MessagesAnswer', ...messages, request: messagesRequest, reply: replyMessage('MessagesAnswer') },
	{
		root: 'MessagesEvent',
		...messages,
		request: { ...messagesRequest, stream: true },
		reply: replyEvents('MessagesEvent', 'MessagesAnswer'),
	},
	{
		root: 'BetaMessagesAnswer',
		...beta,
		except: 'MessagesAnswer',
		request: messagesRequest,
		reply: replyMessage('BetaMessagesAnswer'),
	},
	{
		root: 'BetaMessagesEvent',
		...beta,
		except: 'MessagesEvent',
		request: { ...messagesRequest, stream: true },
		reply: replyEvents('BetaMessagesEvent', 'BetaMessagesAnswer'),
	},
]
