// How each dialect writes a request: its address, its headers, its body. It does not know programming languages.

import type { CodeMessage, CodeRequest } from './code-request.ts'

export const codeDialects = ['openai', 'responses', 'anthropic', 'albert', 'opengatellm', 'egp', 'aleph-alpha'] as const
export type CodeDialect = (typeof codeDialects)[number]

/** Everything of a request that a dialect may lack. */
export const codeFeatures = [
	'instructions',
	'images',
	'temperature',
	'topP',
	'maxOutputTokens',
	'effort',
	'tools',
	'schema',
] as const
export type CodeFeature = (typeof codeFeatures)[number]

type Body = Readonly<Record<string, unknown>>

export interface DialectForm {
	/** A proper name: the same in every language. */
	readonly title: string
	/** Below the server's address. */
	readonly base: string
	/** Below the base. */
	readonly path: string
	/** How this dialect's clients send the key. */
	readonly keyHeader: { readonly name: string; readonly prefix: string }
	readonly body: (request: CodeRequest) => Body
	/** Where the text is in a response, and in an event of a stream. */
	readonly text: { readonly response: readonly (string | number)[]; readonly event: readonly (string | number)[] }
	/** Names of the fields; a feature that is absent has no equivalent. */
	readonly fields: Readonly<Partial<Record<CodeFeature, string>>>
}

const bearer = { name: 'Authorization', prefix: 'Bearer ' }

const chatText = {
	response: ['choices', 0, 'message', 'content'],
	event: ['choices', 0, 'delta', 'content'],
} as const

const chatFields = {
	instructions: 'messages[0]',
	images: 'image_url',
	temperature: 'temperature',
	topP: 'top_p',
	effort: 'reasoning_effort',
	tools: 'tools',
	schema: 'response_format',
} as const

/** Chat completions, as OpenAI defined them and others adopted them. */
function chatForm(title: string, base: string, limit: string): DialectForm {
	return {
		title,
		base,
		path: 'chat/completions',
		keyHeader: bearer,
		body: (request) => writeChat(request, limit),
		text: chatText,
		fields: { ...chatFields, maxOutputTokens: limit },
	}
}

export const dialectForms: Readonly<Record<CodeDialect, DialectForm>> = {
	openai: chatForm('OpenAI', 'openai/v1', 'max_completion_tokens'),
	responses: {
		title: 'OpenAI Responses',
		base: 'openai/v1',
		path: 'responses',
		keyHeader: bearer,
		body: writeResponses,
		// The output may start with other items, such as reasoning.
		text: { response: ['output_text'], event: ['delta'] },
		fields: {
			instructions: 'instructions',
			images: 'input_image',
			temperature: 'temperature',
			topP: 'top_p',
			maxOutputTokens: 'max_output_tokens',
			effort: 'reasoning.effort',
			tools: 'tools',
			schema: 'text.format',
		},
	},
	anthropic: {
		title: 'Anthropic',
		base: 'anthropic',
		path: 'v1/messages',
		keyHeader: { name: 'x-api-key', prefix: '' },
		body: writeAnthropic,
		text: { response: ['content', 0, 'text'], event: ['delta', 'text'] },
		fields: {
			instructions: 'system',
			images: 'image',
			temperature: 'temperature',
			topP: 'top_p',
			maxOutputTokens: 'max_tokens',
			effort: 'output_config.effort',
			tools: 'tools',
			schema: 'output_config.format',
		},
	},
	albert: chatForm('Albert', 'albert/v1', 'max_tokens'),
	opengatellm: chatForm('OpenGateLLM', 'opengatellm/v1', 'max_tokens'),
	egp: {
		title: 'EGP',
		base: 'egp/v4',
		path: 'chat-completions',
		keyHeader: { name: 'x-api-key', prefix: '' },
		body: writeEgp,
		text: {
			response: ['chat_completion', 'message', 'content'],
			event: ['chat_completion', 'message', 'content'],
		},
		fields: {
			instructions: 'instructions',
			images: 'image_url',
			temperature: 'model_parameters.temperature',
			topP: 'model_parameters.top_p',
			maxOutputTokens: 'model_parameters.max_tokens',
			effort: 'model_parameters.reasoning_effort',
		},
	},
	'aleph-alpha': chatForm('Aleph Alpha', 'aleph-alpha', 'max_tokens'),
}

function writeChat(request: CodeRequest, limit: string): Body {
	const { model, instructions, messages, temperature, topP, maxOutputTokens, effort, tools, schema, stream } = request
	return defined({
		model,
		messages: [
			...(instructions === undefined ? [] : [{ role: 'system', content: instructions }]),
			...messages.flatMap(chatMessages),
		],
		temperature,
		top_p: topP,
		[limit]: maxOutputTokens,
		reasoning_effort: effort,
		tools: nonEmpty(tools.map((tool) => ({ type: 'function', function: tool }))),
		response_format: schema && { type: 'json_schema', json_schema: schema },
		stream: stream || undefined,
	})
}

function writeResponses(request: CodeRequest): Body {
	const { model, instructions, messages, temperature, topP, maxOutputTokens, effort, tools, schema, stream } = request
	return defined({
		model,
		instructions,
		input: messages.flatMap(responseItems),
		temperature,
		top_p: topP,
		max_output_tokens: maxOutputTokens,
		reasoning: effort && { effort },
		tools: nonEmpty(tools.map((tool) => ({ type: 'function', ...tool, strict: false }))),
		text: schema && { format: { type: 'json_schema', ...schema } },
		stream: stream || undefined,
	})
}

/** Anthropic's API requires a limit, and has temperatures up to 1. */
function writeAnthropic(request: CodeRequest): Body {
	const { model, instructions, messages, temperature, topP, maxOutputTokens, effort, tools, schema, stream } = request
	const off = effort === 'none'
	const output = defined({
		effort: off ? undefined : effort,
		format: schema && { type: 'json_schema', schema: schema.schema },
	})
	return defined({
		model,
		max_tokens: maxOutputTokens ?? 4096,
		system: instructions,
		messages: messages.map(anthropicMessage),
		temperature: temperature === undefined ? undefined : Math.min(1, temperature),
		top_p: topP,
		thinking: off ? { type: 'disabled' } : undefined,
		output_config: Object.keys(output).length === 0 ? undefined : output,
		tools: nonEmpty(
			tools.map(({ name, description, parameters }) => ({ name, description, input_schema: parameters })),
		),
		stream: stream || undefined,
	})
}

/** Absent instructions would be replaced by the API's own. */
function writeEgp({ model, instructions, messages, stream, ...request }: CodeRequest): Body {
	const parameters = defined({
		temperature: request.temperature === undefined ? undefined : Math.min(1, request.temperature),
		top_p: request.topP,
		max_tokens: request.maxOutputTokens,
		reasoning_effort: request.effort === 'none' ? undefined : request.effort,
	})
	return defined({
		model,
		instructions: instructions ?? null,
		messages: messages.flatMap(egpMessages),
		model_parameters: Object.keys(parameters).length === 0 ? undefined : parameters,
		stream: stream || undefined,
	})
}

function chatMessages(message: CodeMessage): readonly Body[] {
	const { role, texts, calls = [], results = [] } = message
	if (results.length > 0)
		return results.map(({ callId, output }) => ({ role: 'tool', tool_call_id: callId, content: output }))
	if (calls.length === 0) return [{ role, content: contentOf(message, textPart, imageUrlPart) }]
	const tool_calls = calls.map(({ id, ...called }) => ({ id, type: 'function', function: called }))
	return [defined({ role, content: texts.length === 0 ? undefined : texts.join(''), tool_calls })]
}

function responseItems(message: CodeMessage): readonly Body[] {
	const { role, texts, calls = [], results = [] } = message
	if (results.length > 0)
		return results.map(({ callId, output }) => ({ type: 'function_call_output', call_id: callId, output }))
	const content = contentOf(
		message,
		(text) => ({ type: 'input_text', text }),
		(image_url) => ({ type: 'input_image', image_url, detail: 'auto' }),
	)
	return [
		...(calls.length > 0 && texts.length === 0 ? [] : [{ role, content }]),
		...calls.map(({ id, ...called }) => ({ type: 'function_call', call_id: id, ...called })),
	]
}

function anthropicMessage(message: CodeMessage): Body {
	const { role, texts, calls = [], results = [] } = message
	if (results.length > 0)
		return {
			role,
			content: results.map(({ callId, output }) => ({ type: 'tool_result', tool_use_id: callId, content: output })),
		}
	if (calls.length === 0) return { role, content: contentOf(message, textPart, anthropicImage) }
	const uses = calls.map(({ id, name, arguments: input }) => ({ type: 'tool_use', id, name, input: parsed(input) }))
	return { role, content: [...texts.map(textPart), ...uses] }
}

/** This API has one call for each message, and names the tool in the result. */
function egpMessages(message: CodeMessage): readonly Body[] {
	const { role, texts, calls = [], results = [] } = message
	if (results.length > 0) return results.map(({ name, output }) => ({ role: 'tool', name, content: output }))
	if (calls.length === 0) return [{ role, content: contentOf(message, textPart, imageUrlPart) }]
	return calls.map(({ id: _, ...tool_request }) => ({ role: 'agent', content: texts.join(''), tool_request }))
}

function parsed(json: string): unknown {
	try {
		return JSON.parse(json)
	} catch {
		return {}
	}
}

const imageUrlPart = (url: string) => ({ type: 'image_url', image_url: { url } })

const textPart = (text: string) => ({ type: 'text', text })

/** A text alone is written as such. */
function contentOf(
	{ texts, images, role }: CodeMessage,
	text: (text: string) => unknown,
	image: (url: string) => unknown,
): unknown {
	if (role === 'assistant' || (texts.length <= 1 && images.length === 0)) return texts.join('\n\n')
	return [...texts.map(text), ...images.map(image)]
}

function anthropicImage(url: string) {
	const [, media_type = '', data = ''] = /^data:([^;]+);base64,(.*)$/.exec(url) ?? []
	return { type: 'image', source: { type: 'base64', media_type, data } }
}

const nonEmpty = <Item>(items: readonly Item[]): readonly Item[] | undefined => (items.length === 0 ? undefined : items)

const defined = (fields: Readonly<Record<string, unknown>>): Body =>
	Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
