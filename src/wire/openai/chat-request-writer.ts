// Writes a canonical request as the body of POST /chat/completions. Defaults are omitted, because each additional field
// is one that some servers reject.

import { requestFor } from '../../chat/destination.ts'
import { isObject, type JsonObject } from '../../chat/json.ts'
import { writeInteger } from '../../chat/json-text.ts'
import type { ChatRequest, ResponseFormat, Sampling } from '../../chat/request.ts'
import { type Drop, passthroughFor, type RequestFates } from '../../chat/request-fates.ts'
import { geminiWire } from '../gemini/formats.ts'
import { writeMessages } from './chat-messages-writer.ts'
import type { ChatRequestForm, FormFor } from './chat-request-form.ts'
import { withOtherTools, writeSchema, writeTools } from './chat-tools-writer.ts'
import { openaiWire } from './formats.ts'
import { isPath, withUnknownFields } from './nested-rest.ts'
import { writeUser } from './user-writer.ts'

export interface ChatRequestOptions {
	/** The upstream's name of the model. */
	readonly model: string
	/** The upstream and its model, as in `Signature.origin`. */
	readonly origin?: string | undefined
	readonly form: ChatRequestForm
	/** Whether to request a streaming response. */
	readonly stream: boolean
	/** Called with each part of the request that the server cannot receive. */
	readonly drop?: Drop | undefined
}

export function writeChatRequest(
	given: ChatRequest,
	{ model, origin, form, stream, drop = () => {} }: ChatRequestOptions,
): JsonObject {
	const request = requestFor({ wire: openaiWire, origin, signatureWires: [geminiWire] }, given, drop)
	const { maxTokens, stop, choices, logprobs, tools, responseFormat, reasoningEffort, reasoningTokens, user } = request
	const { fields, inner, otherTools } = splitPassthrough(passthroughFor(request, undefined, drop))
	const body: Record<string, JsonObject[string]> = {
		...fields,
		model,
		messages: writeMessages(request.messages, form, drop),
		...writeStreaming(form, stream),
		...writeSampling(request.sampling),
	}
	// Few requests have fields other than these, and every field written costs time.
	if (maxTokens !== undefined) body[form.maxTokensField] = maxTokens
	if (stop.length > 0) body.stop = stop
	if (choices !== 1) body.n = choices
	if (logprobs !== undefined) Object.assign(body, writeLogprobs(logprobs))
	if (tools.length > 0) Object.assign(body, writeTools(request, form, drop))
	if (otherTools.length > 0) Object.assign(body, withOtherTools(body.tools, otherTools, request))
	if (responseFormat.type !== 'text') body.response_format = writeResponseFormat(responseFormat, form, drop)
	if (reasoningEffort !== undefined || reasoningTokens !== undefined)
		Object.assign(body, writeReasoning(request, { fields, inner }, form, drop))
	if (user !== undefined) body.user = writeUser(user, form, drop)
	return withInnerFields(body, inner, stream, drop)
}

interface Passthrough {
	/** Fields of the body. */
	readonly fields: JsonObject
	/** Fields of objects in the body, by their paths. */
	readonly inner: JsonObject
	/** Tools that only some servers know, with their positions. */
	readonly otherTools: readonly { readonly index: number; readonly tool: JsonObject[string] }[]
}

function splitPassthrough(passthrough: JsonObject): Passthrough {
	let isFlat = true
	for (const name in passthrough) if (name.includes('.') || name.startsWith('tools[')) isFlat = false
	if (isFlat) return { fields: passthrough, inner: {}, otherTools: [] }
	const fields: Record<string, JsonObject[string]> = {}
	const inner: Record<string, JsonObject[string]> = {}
	const otherTools: { readonly index: number; readonly tool: JsonObject[string] }[] = []
	for (const [name, value] of Object.entries(passthrough)) {
		const [, index] = /^tools\[(\d+)\]$/.exec(name) ?? []
		if (index !== undefined) otherTools.push({ index: Number(index), tool: value })
		else if (isPath(name)) inner[name] = value
		else fields[name] = value
	}
	return { fields, inner, otherTools }
}

/** Options of a stream have no effect on a request without one. */
function withInnerFields(body: JsonObject, inner: JsonObject, stream: boolean, drop: Drop): JsonObject {
	const sent: Record<string, JsonObject[string]> = {}
	for (const [path, value] of Object.entries(inner)) {
		if (!path.startsWith('stream_options.') || body.stream_options !== undefined) sent[path] = value
		else if (stream) drop(path)
	}
	return withUnknownFields(body, sent)
}

/**
 * A request that disables thinking does so by a budget of 0 tokens, or by the effort `none`. A client that wrote its
 * options into an object gets them sent in it.
 */
function writeReasoning(
	{ reasoningEffort: effort, reasoningTokens }: ChatRequest,
	{ fields, inner }: Pick<Passthrough, 'fields' | 'inner'>,
	{ thinkingOff }: FormFor<'reasoning'>,
	drop: Drop,
): JsonObject {
	const given = effort === undefined || effort === inner['reasoning.effort'] ? {} : { reasoning_effort: effort }
	if (reasoningTokens !== 0 && effort !== 'none') {
		if (reasoningTokens === undefined || inner['reasoning.max_tokens'] !== undefined) return given
		// The object has either an effort or a limit.
		if (thinkingOff === 'reasoning' && effort === undefined) return { reasoning: { max_tokens: reasoningTokens } }
		drop('reasoning_tokens')
		return given
	}
	switch (thinkingOff) {
		case 'unsupported':
			if (effort !== 'none' && inner['reasoning.enabled'] !== false) drop('reasoning_effort')
			return given
		case 'reasoning_effort':
			return { reasoning_effort: 'none' }
		case 'thinking':
			return { thinking: { type: 'disabled' } }
		case 'reasoning':
			return { reasoning: { effort: 'none' } }
		case 'enable_thinking': {
			// Templates name the switch differently; one that does not know a name ignores it.
			const off = { enable_thinking: false, thinking: false }
			const known = fields.chat_template_kwargs
			return { chat_template_kwargs: isObject(known) ? { ...off, ...known } : off }
		}
	}
}

/** How this wire expresses each field of a request. */
export const chatRequestFates = {
	model: 'written',
	messages: 'written',
	temperature: 'written',
	topP: 'written',
	topK: 'written',
	minP: 'written',
	frequencyPenalty: 'written',
	presencePenalty: 'written',
	repetitionPenalty: 'written',
	logitBias: 'written',
	seed: 'written',
	maxTokens: 'written',
	stop: 'written',
	choices: 'written',
	logprobs: 'written',
	tools: 'written',
	toolChoice: 'written',
	parallelToolCalls: 'written',
	responseFormat: 'written',
	reasoningEffort: 'written',
	reasoningTokens: 'translated',
	cacheMark: 'written',
	user: 'written',
	passthrough: 'written',
	passthroughWire: 'translated',
	image: 'written',
	audio: 'written',
	file: 'written',
	messageName: 'written',
	lateInstructions: 'written',
	failedTool: 'translated',
	resultImage: 'translated',
	reasoningText: 'written',
	jsonMode: 'written',
	reasoningOff: 'written',
} as const satisfies RequestFates

/** Always written: a server with a different default would change the whole answer. */
export function writeStreaming({ streamUsage }: FormFor<'streaming'>, stream: boolean): JsonObject {
	return { stream, ...(stream && streamUsage ? { stream_options: { include_usage: true } } : {}) }
}

/** The body of a chat request to our own engine, which then reports the count of the prompt at the start of a stream. */
export function withStartUsage(body: JsonObject): JsonObject {
	const { stream_options: options } = body
	return isObject(options) ? { ...body, stream_options: { ...options, include_start_usage: true } } : body
}

/** Fields shared with legacy completions. */
export function writeSampling(sampling: Sampling): JsonObject {
	const written: Record<string, JsonObject[string]> = {
		temperature: sampling.temperature,
		top_p: sampling.topP,
		top_k: sampling.topK,
		min_p: sampling.minP,
		frequency_penalty: sampling.frequencyPenalty,
		presence_penalty: sampling.presencePenalty,
		repetition_penalty: sampling.repetitionPenalty,
		seed: writeInteger(sampling.seed),
	}
	// Biases in another form are passed through.
	if (sampling.logitBias !== undefined) written.logit_bias = Object.fromEntries(sampling.logitBias)
	return written
}

function writeLogprobs(logprobs: NonNullable<ChatRequest['logprobs']>): JsonObject {
	return { logprobs: true, ...(logprobs.top === 0 ? {} : { top_logprobs: logprobs.top }) }
}

function writeResponseFormat(
	format: Exclude<ResponseFormat, { readonly type: 'text' }>,
	form: FormFor<'schemas'>,
	drop: Drop,
): JsonObject {
	switch (format.type) {
		case 'json-object':
			return { type: 'json_object' }
		case 'json-schema': {
			if (format.given?.wire === openaiWire) return format.given.format
			const { name, description, strict } = format
			const schema = writeSchema(format.schema, 'response_format', form, drop)
			return { type: 'json_schema', json_schema: { name, description, schema, strict: strict ? true : undefined } }
		}
	}
}
