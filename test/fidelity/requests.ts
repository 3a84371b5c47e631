// How each dialect requests each feature: a change to a plain request, by the dialect's contract. Absent features
// cannot be expressed in the dialect.

import { marks, type RequestFeature } from './features.ts'

export type Body = Record<string, unknown>
export type FeatureRequests = Partial<Record<RequestFeature, (body: Body) => Body>>

const schema = {
	type: 'object',
	properties: { place: { type: 'string' } },
	required: ['place'],
	additionalProperties: false,
}
const image = `data:image/png;base64,${marks.image}`

function messagesOf(body: Body): readonly unknown[] {
	return Array.isArray(body.messages) ? body.messages : []
}

function before(...messages: readonly object[]) {
	return (body: Body): Body => ({ ...body, messages: [...messages, ...messagesOf(body)] })
}

function after(...messages: readonly object[]) {
	return (body: Body): Body => ({ ...body, messages: [...messagesOf(body), ...messages] })
}

function userMessage(...content: readonly object[]) {
	return (body: Body): Body => ({ ...body, messages: [{ role: 'user', content }] })
}

function having(fields: Body) {
	return (body: Body): Body => ({ ...body, ...fields })
}

const openaiTool = { type: 'function', function: { name: 'look', description: 'Looks.', parameters: schema } }
const openaiCall = { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{"place":"Paris"}' } }

const chat: FeatureRequests = {
	system: before({ role: 'system', content: marks.system }),
	developer: before({ role: 'developer', content: marks.system }),
	laterSystem: after({ role: 'system', content: marks.system }),
	image: userMessage({ type: 'text', text: 'What is it?' }, { type: 'image_url', image_url: { url: image } }),
	imageUrl: userMessage(
		{ type: 'text', text: 'What is it?' },
		{ type: 'image_url', image_url: { url: marks.imageUrl } },
	),
	audio: userMessage({ type: 'input_audio', input_audio: { data: marks.audio, format: 'wav' } }),
	file: userMessage({
		type: 'file',
		file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${marks.file}` },
	}),
	tools: having({ tools: [openaiTool] }),
	toolChoice: having({ tools: [openaiTool], tool_choice: { type: 'function', function: { name: 'look' } } }),
	toolChoiceRequired: having({ tools: [openaiTool], tool_choice: 'required' }),
	parallelOff: having({ tools: [openaiTool], parallel_tool_calls: false }),
	toolResult: (body) => ({
		...body,
		tools: [openaiTool],
		messages: [
			...messagesOf(body),
			{ role: 'assistant', content: null, tool_calls: [openaiCall] },
			{ role: 'tool', tool_call_id: 'call_1', content: marks.result },
		],
	}),
	toolImage: (body) => ({
		...body,
		tools: [openaiTool],
		messages: [
			...messagesOf(body),
			{ role: 'assistant', content: null, tool_calls: [openaiCall] },
			{ role: 'tool', tool_call_id: 'call_1', content: [{ type: 'image_url', image_url: { url: image } }] },
		],
	}),
	jsonSchema: having({
		response_format: { type: 'json_schema', json_schema: { name: 'place', schema, strict: true } },
	}),
	jsonObject: (body) => ({
		...before({ role: 'system', content: 'Answer in JSON.' })(body),
		response_format: { type: 'json_object' },
	}),
	maxTokens: having({ max_tokens: 77 }),
	stop: having({ stop: [marks.stop] }),
	temperature: having({ temperature: 0.5 }),
	topP: having({ top_p: 0.9 }),
	topK: having({ top_k: 7 }),
	frequencyPenalty: having({ frequency_penalty: 0.5 }),
	logitBias: having({ logit_bias: { '17': 5 } }),
	seed: having({ seed: 42 }),
	logprobs: having({ logprobs: true, top_logprobs: 2 }),
	choices: having({ n: 2 }),
	effort: having({ reasoning_effort: 'low' }),
	budget: having({ reasoning: { max_tokens: 2000 }, max_tokens: 5000 }),
	thinkingOff: having({ reasoning_effort: 'none' }),
	user: having({ user: marks.user }),
	cacheMark: before({
		role: 'system',
		content: [{ type: 'text', text: marks.system, cache_control: { type: 'ephemeral' } }],
	}),
	ownField: having({ guided_regex: 'a+' }),
}

const responsesTool = { type: 'function', name: 'look', description: 'Looks.', parameters: schema, strict: true }

function inputOf(body: Body): readonly unknown[] {
	return Array.isArray(body.input) ? body.input : []
}

function input(...content: readonly object[]) {
	return having({ input: [{ role: 'user', content }] })
}

function answered(output: unknown) {
	return (body: Body): Body => ({
		...body,
		tools: [responsesTool],
		input: [
			...inputOf(body),
			{ type: 'function_call', call_id: 'call_1', name: 'look', arguments: '{"place":"Paris"}' },
			{ type: 'function_call_output', call_id: 'call_1', output },
		],
	})
}

const responses: FeatureRequests = {
	system: having({ instructions: marks.system }),
	developer: (body) => ({ ...body, input: [{ role: 'developer', content: marks.system }, ...inputOf(body)] }),
	image: input({ type: 'input_image', image_url: image }),
	imageUrl: input({ type: 'input_image', image_url: marks.imageUrl }),
	file: input({
		type: 'input_file',
		filename: 'a.pdf',
		file_data: `data:application/pdf;base64,${marks.file}`,
	}),
	tools: having({ tools: [responsesTool] }),
	toolChoice: having({ tools: [responsesTool], tool_choice: { type: 'function', name: 'look' } }),
	toolChoiceRequired: having({ tools: [responsesTool], tool_choice: 'required' }),
	parallelOff: having({ tools: [responsesTool], parallel_tool_calls: false }),
	toolResult: answered(marks.result),
	jsonSchema: having({ text: { format: { type: 'json_schema', name: 'place', schema, strict: true } } }),
	jsonObject: (body) => ({
		...body,
		instructions: 'Answer in JSON.',
		input: 'JSON please',
		text: { format: { type: 'json_object' } },
	}),
	maxTokens: having({ max_output_tokens: 77 }),
	temperature: having({ temperature: 0.5 }),
	topP: having({ top_p: 0.9 }),
	logprobs: having({ top_logprobs: 2, include: ['message.output_text.logprobs'] }),
	effort: having({ reasoning: { effort: 'low' } }),
	thinkingOff: having({ reasoning: { effort: 'none' } }),
	user: having({ user: marks.user }),
}

const anthropicTool = { name: 'look', description: 'Looks.', input_schema: schema }

function reported(result: object) {
	return (body: Body): Body => ({
		...body,
		tools: [anthropicTool],
		messages: [
			...messagesOf(body),
			{ role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'look', input: { place: 'Paris' } }] },
			{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', ...result }] },
		],
	})
}

const messages: FeatureRequests = {
	system: having({ system: marks.system }),
	laterSystem: after({ role: 'system', content: marks.system }),
	image: userMessage({ type: 'image', source: { type: 'base64', media_type: 'image/png', data: marks.image } }),
	imageUrl: userMessage({ type: 'image', source: { type: 'url', url: marks.imageUrl } }),
	file: userMessage({
		type: 'document',
		source: { type: 'base64', media_type: 'application/pdf', data: marks.file },
	}),
	tools: having({ tools: [anthropicTool] }),
	toolChoice: having({ tools: [anthropicTool], tool_choice: { type: 'tool', name: 'look' } }),
	toolChoiceRequired: having({ tools: [anthropicTool], tool_choice: { type: 'any' } }),
	parallelOff: having({ tools: [anthropicTool], tool_choice: { type: 'auto', disable_parallel_tool_use: true } }),
	toolResult: reported({ content: marks.result }),
	toolFailure: reported({ content: marks.failure, is_error: true }),
	toolImage: reported({
		content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: marks.image } }],
	}),
	jsonSchema: having({ output_config: { format: { type: 'json_schema', schema } } }),
	maxTokens: having({ max_tokens: 77 }),
	stop: having({ stop_sequences: [marks.stop] }),
	temperature: having({ temperature: 0.5 }),
	topP: having({ top_p: 0.9 }),
	topK: having({ top_k: 7 }),
	effort: having({ output_config: { effort: 'low' } }),
	budget: having({ thinking: { type: 'enabled', budget_tokens: 2000 }, max_tokens: 5000 }),
	thinkingOff: having({ thinking: { type: 'disabled' } }),
	user: having({ metadata: { user_id: marks.user } }),
	cacheMark: having({ system: [{ type: 'text', text: marks.system, cache_control: { type: 'ephemeral' } }] }),
	ownField: having({ inference_geo: 'eu' }),
}

function parameters(fields: Body) {
	return having({ model_parameters: fields })
}

const egp: FeatureRequests = {
	system: before({ role: 'system', content: marks.system }),
	image: userMessage({
		type: 'image_data',
		image_data: { data: marks.image, media_type: 'image/png', type: 'base64' },
	}),
	imageUrl: userMessage({ type: 'image_url', image_url: { url: marks.imageUrl } }),
	toolResult: (body) => ({
		...body,
		messages: [
			...messagesOf(body),
			{ role: 'agent', content: '', tool_request: { name: 'look', arguments: '{"place":"Paris"}' } },
			{ role: 'tool', name: 'look', content: marks.result },
		],
	}),
	maxTokens: parameters({ max_tokens: 77 }),
	stop: parameters({ stop_sequences: [marks.stop] }),
	temperature: parameters({ temperature: 0.5 }),
	topP: parameters({ topP: 0.9 }),
	topK: parameters({ topK: 7 }),
	frequencyPenalty: parameters({ frequency_penalty: 0.5 }),
	effort: parameters({ reasoning_effort: 'low' }),
}

/** By the name of the dialect's client. */
export const featureRequests: Readonly<Record<string, FeatureRequests>> = {
	openai: chat,
	'openai responses': responses,
	albert: chat,
	opengatellm: chat,
	egp,
	'egp v5': chat,
	'aleph-alpha': { ...chat, jsonObject: chat.jsonObject ?? having({}) },
	anthropic: messages,
}
