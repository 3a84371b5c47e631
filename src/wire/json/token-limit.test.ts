// The error messages of known servers about token limits, through the error reader of each wire, and messages that look
// like them.

import { describe, expect, test } from 'bun:test'
import { writeError as writeMessagesError } from '../anthropic/error-writer.ts'
import { readMessageError } from '../anthropic/message-error-reader.ts'
import { readGeminiError, readGeminiErrorEvent } from '../gemini/error-reader.ts'
import { writeError } from '../openai/error-writer.ts'
import { readTokenLimit } from './token-limit.ts'
import { type ErrorAnswer, readErrorAnswer, readErrorEvent } from './upstream-error.ts'

const reading = { title: 'The upstream', trusted: false }

const prompts: Readonly<Record<string, string>> = {
	OpenAI:
		"This model's maximum context length is 128000 tokens. However, your messages resulted in 131072 tokens. Please reduce the length of the messages.",
	'OpenAI, with room for output requested':
		"This model's maximum context length is 4097 tokens. However, you requested 5203 tokens (4703 in the messages, 500 in the completion). Please reduce the length of the messages or completion.",
	'OpenAI Responses': 'Your input exceeds the context window of this model. Please adjust your input and try again.',
	Anthropic: 'prompt is too long: 213462 tokens > 200000 maximum',
	'Anthropic, request size': 'Request size exceeds model context window',
	'Anthropic, sum':
		'input length and `max_tokens` exceed context limit: 200001 + 8192 > 200000, decrease input length or `max_tokens` and try again',
	SGLang: "The input (265330 tokens) is longer than the model's context length (262144 tokens).",
	'SGLang, requested':
		"Requested token count exceeds the model's maximum context length of 32768 tokens. You requested a total of 41000 tokens: 40000 tokens from the input messages and 1000 tokens for the completion. Please reduce the number of tokens in the input messages or the completion to fit within the limit.",
	vLLM: 'The decoder prompt (length 40123) is longer than the maximum model length of 32768. Make sure that `max_model_len` is no smaller than the number of text tokens.',
	'vLLM, messages':
		"This model's maximum context length is 32768 tokens. However, your request has 33000 input tokens. Please reduce the length of the input messages.",
	'vLLM 0.15':
		"This model's maximum context length is 4096 tokens. However, you requested 100 output tokens and your prompt contains at least 3997 input tokens, for a total of at least 4097 tokens. Please reduce the length of the input prompt or the number of requested output tokens.",
	Moonshot: 'Invalid request: Your request exceeded model token limit: 262144 (requested: 291351)',
	xAI: "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
	Zhipu: 'Prompt exceeds max length',
	DashScope: '<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 98304]',
	MiniMax: 'invalid params, context window exceeds limit (2013)',
	Bedrock: 'Input is too long for requested model.',
	'Google, OpenAI endpoint': 'The input token count (1196265) exceeds the maximum number of tokens allowed (1048575).',
	Cerebras: 'Please reduce the length of the messages or completion. Current length is 8233 while limit is 8192',
	Groq: 'Please reduce the length of the messages or completion.',
	'GitHub Copilot': 'prompt token count of 135000 exceeds the limit of 128000',
	Together:
		'Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8193. Given: 9000 `inputs` tokens and 512 `max_new_tokens`',
	'LM Studio':
		'The number of tokens to keep from the initial prompt is greater than the context length (n_keep: 15857>= n_ctx: 4096). Try to load the model with a larger context length, or provide a shorter input.',
	'LM Studio, older':
		'Trying to keep the first 10136 tokens when context the overflows. However, the model is loaded with context length of only 7866 tokens, which is not enough.',
	'llama.cpp, older':
		'the request exceeds the available context size. try increasing the context size or enable context shift',
	'llama.cpp': 'request (5000 tokens) exceeds the available context size (4096 tokens), try increasing it',
	'llama.cpp, slot': 'Context size has been exceeded.',
	Ollama: 'prompt too long; exceeded max context length by 1234 tokens',
	'Ollama, embeddings': 'the input length exceeds the context length',
	DeepInfra: 'Requested input length 140000 exceeds maximum input length 131072',
	Mistral: 'Prompt contains 40123 tokens and 0 draft tokens, too large for model with 32768 maximum context length',
	OpenRouter:
		'This endpoint\'s maximum context length is 131072 tokens. However, you requested about 240000 tokens (232000 of text input, 8000 in the output). Please reduce the length of either one, or use the "middle-out" transform to compress your prompt automatically.',
	'vLLM, older':
		'The prompt (total length 40123) is too long to fit into the model (context length 32768). Make sure that `max_model_len` is no smaller than the number of text tokens.',
	'llama-cpp-python': 'Requested tokens (9000) exceed context window of 4096',
	'Text Generation Inference': 'Input validation error: `inputs` must have less than 4095 tokens. Given: 5000',
	Cohere:
		'too many tokens: total number of tokens in the prompt exceeds the limit of 4081. Try using a shorter prompt, or enable prompt truncating.',
	'Bedrock, length of the body':
		'Malformed input request: expected maxLength: 400000, actual: 500000, please reformat your input and try again.',
	'Volcengine, pictures': 'Total tokens of image and text exceed max message tokens. Request id: 0217',
	Poolside: "Input length (265330) exceeds model's maximum context length (262144).",
}

const outputs: readonly (readonly [server: string, message: string, fits: number | undefined])[] = [
	[
		'vLLM',
		"'max_tokens' or 'max_completion_tokens' is too large: 32000. This model's maximum context length is 32768 tokens and your request has 17459 input tokens (32000 > 32768 - 17459).",
		15309,
	],
	[
		'vLLM 0.15, mostly output',
		"This model's maximum context length is 4096 tokens. However, you requested 4000 output tokens and your prompt contains at least 97 input tokens, for a total of at least 4097 tokens. Please reduce the length of the input prompt or the number of requested output tokens.",
		undefined,
	],
	[
		'vLLM, above the whole context',
		'max_tokens=40000 cannot be greater than max_model_len=32768. Please request fewer output tokens.',
		undefined,
	],
	[
		'OpenAI, DeepSeek',
		"This model's maximum context length is 131072 tokens. However, you requested 131134 tokens (122942 in the messages, 8192 in the completion). Please reduce the length of the messages or completion.",
		8130,
	],
	[
		'OpenAI with functions',
		"This model's maximum context length is 8192 tokens. However, you requested 9000 tokens (1000 in the messages, 200 in the functions, and 7800 in the completion). Please reduce the length of the messages, functions, or completion.",
		6992,
	],
	[
		'OpenAI completions',
		"This model's maximum context length is 4097 tokens, however you requested 4116 tokens (3860 in your prompt; 256 for the completion). Please reduce your prompt; or completion length.",
		237,
	],
	[
		'OpenRouter',
		'This endpoint\'s maximum context length is 131072 tokens. However, you requested about 140000 tokens (8000 of text input, 132000 in the output). Please reduce the length of either one, or use the "middle-out" transform to compress your prompt automatically.',
		123072,
	],
	[
		'SGLang',
		"Requested token count exceeds the model's maximum context length of 32768 tokens. You requested a total of 33000 tokens: 1000 tokens from the input messages and 32000 tokens for the completion. Please reduce the number of tokens in the input messages or the completion to fit within the limit.",
		31768,
	],
	[
		'Anthropic',
		'input length and `max_tokens` exceed context limit: 178959 + 64000 > 200000, decrease input length or `max_tokens` and try again',
		21041,
	],
	['one token fits', 'input length and `max_tokens` exceed context limit: 199999 + 8192 > 200000', 1],
	[
		'Together',
		'Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8193. Given: 8000 `inputs` tokens and 512 `max_new_tokens`',
		193,
	],
	[
		'OpenAI, output limit',
		'max_tokens is too large: 100000. This model supports at most 16384 completion tokens, whereas you provided 100000.',
		16384,
	],
	[
		'Anthropic, output limit',
		'max_tokens: 100000 > 64000, which is the maximum allowed number of output tokens for claude-sonnet-4-5',
		64000,
	],
	[
		'Groq',
		'`max_tokens` must be less than or equal to `32768`, the maximum value for `max_tokens` is less than the `context_window` for this model',
		32768,
	],
	['DashScope', '<400> InternalError.Algo.InvalidParameter: Range of max_tokens should be [1, 8192]', 8192],
	['DeepSeek', 'Invalid max_tokens value, the valid range of max_tokens is [1, 8192]', 8192],
	[
		'Google',
		'Unable to submit request because it has a maxOutputTokens value of 100000 but the supported range is from 1 (inclusive) to 65537 (exclusive).',
		65536,
	],
	[
		'Cohere',
		'too many tokens: max tokens must be less than or equal to 4096, the maximum output length for this model - received 5000.',
		4096,
	],
	['thousands separators', 'max_tokens: 100,000 > 64,000, which is the maximum allowed number of output tokens', 64000],
]

const others: readonly string[] = [
	'Rate limit reached for gpt-4o on tokens per min (TPM): Limit 30000, Used 29000, Requested 4000. Please reduce the length of the messages.',
	'Request too large for model `llama-3.1-8b-instant` on tokens per minute (TPM): Limit 6000, Requested 7000, please reduce the length of the messages and try again.',
	'This request would exceed your rate limit of 40,000 input tokens per minute. Reduce the prompt length or the maximum tokens requested.',
	'You exceeded your current quota: prompt exceeds max length of the free tier quota',
	'Throttling error: Too many tokens, please wait before trying again.',
	'messages.0.content.0.image.source.base64: image exceeds 5 MB maximum: 6291456 bytes > 5242880 bytes',
	'image dimensions exceed max allowed size: 8000 pixels',
	'The audio file is too long: input is too long for this model. audio exceeds 25 MB',
	'max_tokens must be at least 1, got 0.',
	'max_tokens: must be greater than or equal to 1',
	"Invalid 'max_tokens': integer below minimum value. Expected a value >= 1, but got 0 instead.",
	"Invalid 'tools[0].function.name': string too long. Expected a string with maximum length 64, but got a string with length 80 instead.",
	"Invalid 'user': string too long. Expected a string with maximum length 64, but got a string with length 186 instead.",
	"Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with length 5 instead.",
	'temperature: range: 0..1',
	'messages: at least one message is required',
	'The number of tools exceeds the limit of 128',
]

const noHeaders = { get: () => undefined }
const answered = (status: number, body: unknown): ErrorAnswer => ({ status, headers: noHeaders, body, receivedAtMs: 0 })

/** Each wire's reader of an error response, with the envelopes in which servers send a message. */
const readers = {
	'OpenAI, 400': (message: string) => readErrorAnswer(answered(400, { error: { message, code: null } }), reading),
	'bare fields, 400': (message: string) =>
		readErrorAnswer(answered(400, { object: 'error', message, code: 400 }), reading),
	'a text as the error, 400': (message: string) =>
		readErrorAnswer(answered(400, { code: 'invalid-argument', error: message }), reading),
	'FastAPI, 422': (message: string) => readErrorAnswer(answered(422, { detail: message }), reading),
	'OpenAI, 413': (message: string) => readErrorAnswer(answered(413, { error: { message } }), reading),
	'OpenAI, 500': (message: string) => readErrorAnswer(answered(500, { error: { message } }), reading),
	'an event of a stream': (message: string) => readErrorEvent({ error: { message } }, reading),
	Anthropic: (message: string) =>
		readErrorAnswer(answered(400, { type: 'error', error: { type: 'invalid_request_error', message } }), reading),
	'an Anthropic event': (message: string) =>
		readMessageError({ type: 'error', error: { type: 'invalid_request_error', message } }, reading),
	Gemini: (message: string) =>
		readGeminiError(answered(400, { error: { code: 400, message, status: 'INVALID_ARGUMENT' } }), reading),
	'a Gemini event': (message: string) =>
		readGeminiErrorEvent({ error: { code: 400, message, status: 'INVALID_ARGUMENT' } }, reading),
}

describe('a prompt that is too long', () => {
	test.each(Object.entries(prompts))('%s', (_server, message) => {
		expect(readTokenLimit(message)).toEqual({ type: 'prompt' })
		for (const [name, read] of Object.entries(readers)) {
			const error = read(message)
			expect([name, error.kind, error.message, error.fittingTokens]).toEqual([
				name,
				'context-length-exceeded',
				message,
				undefined,
			])
			expect(writeError(error).body.error.code).toBe('context_length_exceeded')
			expect(writeMessagesError(error).body.error.message.toLowerCase()).toContain('prompt is too long')
		}
	})

	test.each([
		{ message: 'no', code: 'context_length_exceeded' },
		{ message: 'no', code: 'model_context_window_exceeded' },
		{ message: 'no', code: '1261' },
		{ message: 'no', type: 'exceed_context_size_error', code: 400 },
	])('by code: %p', (error) => {
		expect(readErrorAnswer(answered(400, { error }), reading).kind).toBe('context-length-exceeded')
		expect(writeError(readErrorAnswer(answered(400, { error }), reading)).body.error.code).toBe(
			'context_length_exceeded',
		)
	})
})

describe('a max_tokens that is too large', () => {
	test.each(outputs)('%s', (_server, message, fits) => {
		expect(readTokenLimit(message)).toEqual({ type: 'output', fits })
		for (const [name, read] of Object.entries(readers)) {
			const error = read(message)
			expect([name, error.kind, error.param, error.fittingTokens]).toEqual([
				name,
				'invalid-request',
				'max_tokens',
				fits,
			])
			expect(writeMessagesError(error).body.error.message).toBe(message)
		}
	})

	test("with the code of a prompt that is too long, as OpenAI sends it, is recognized by the message's numbers", () => {
		const message = outputs[3]?.[1]
		const error = readErrorAnswer(answered(400, { error: { message, code: 'context_length_exceeded' } }), reading)
		expect(error).toMatchObject({ kind: 'invalid-request', code: 'invalid_value', fittingTokens: 8130 })
	})
})

test.each(others)('not a token limit: %s', (message) => {
	expect(readTokenLimit(message)).toBeUndefined()
	for (const read of Object.values(readers)) {
		expect(read(message).kind).not.toBe('context-length-exceeded')
		expect(read(message).fittingTokens).toBeUndefined()
	}
})

test.each([...Object.values(prompts), ...outputs.map(([, message]) => message)])(
	'a 429 is a rate limit: %s',
	(message) => {
		expect(readErrorAnswer(answered(429, { error: { message } }), reading).kind).toBe('rate-limited')
		expect(readErrorAnswer(answered(401, { error: { message } }), reading).kind).toBe('upstream-failed')
	},
)
