// What known servers accept, by their names. A preset is a starting point: every option that the operator sets
// overrides it. Sources are listed in decisions/037-presets.md. Nothing else knows a server by name.

import type { ChatRequestForm } from '../../wire/openai/chat-request-form.ts'

/**
 * Servers that render a chat template: roles and positions that the template lacks fail, and only the template knows
 * about thinking.
 */
const templated = {
	developerRole: 'system',
	systemMessages: 'user',
	customTools: 'function',
} as const satisfies Partial<ChatRequestForm>

const openai = {
	maxTokensField: 'max_completion_tokens',
	imageHistory: 'omit',
	userId: 'hash-long',
	maxUserLength: 64,
	thinkingOff: 'reasoning_effort',
} as const satisfies Partial<ChatRequestForm>

/** By the value of `preset`. */
export const presets = {
	openai,
	azure: openai,
	// Former versions read `reasoning_content`, current ones `reasoning`.
	vllm: { ...templated, reasoningHistory: 'both', thinkingOff: 'enable_thinking' },
	sglang: { ...templated, thinkingOff: 'enable_thinking' },
	'llama.cpp': { ...templated, thinkingOff: 'enable_thinking' },
	ollama: { ...templated, reasoningHistory: 'reasoning', thinkingOff: 'reasoning_effort' },
	deepseek: {
		developerRole: 'system',
		textContent: 'string',
		customTools: 'function',
		thinkingOff: 'thinking',
	},
	cerebras: {
		maxTokensField: 'max_completion_tokens',
		developerRole: 'system',
		textContent: 'string',
		reasoningHistory: 'reasoning',
		imageHistory: 'omit',
		customTools: 'function',
	},
	zhipu: {
		developerRole: 'system',
		textContent: 'string',
		customTools: 'function',
		userId: 'hash-long',
		maxUserLength: 128,
		thinkingOff: 'thinking',
	},
	moonshot: {
		maxTokensField: 'max_completion_tokens',
		developerRole: 'system',
		customTools: 'function',
		thinkingOff: 'thinking',
	},
	xai: {
		maxTokensField: 'max_completion_tokens',
		developerRole: 'system',
		imageHistory: 'omit',
		customTools: 'function',
	},
	// Fields that the API does not define are refused (`extra_forbidden`).
	mistral: {
		developerRole: 'system',
		messageNames: 'omit',
		reasoningHistory: 'thinking',
		imageHistory: 'omit',
		customTools: 'function',
		userId: 'omit',
	},
	// `reasoning_content` is refused, and `reasoning` by models that do not reason.
	groq: {
		maxTokensField: 'max_completion_tokens',
		developerRole: 'system',
		reasoningHistory: 'omit',
		imageHistory: 'omit',
		customTools: 'function',
	},
	openrouter: {
		developerRole: 'system',
		cacheMarks: 'send',
		reasoningHistory: 'reasoning',
		customTools: 'function',
		userId: 'hash-long',
		maxUserLength: 128,
		thinkingOff: 'reasoning',
	},
} as const satisfies Record<string, Partial<ChatRequestForm>>

export type Preset = keyof typeof presets

export const presetNames = Object.keys(presets) as readonly Preset[]

/** Hosts of OpenAI's API, and of Azure's for it. */
const openaiHost = /(^|\.)openai\.(com|azure\.(com|us|cn))$/
/** Hosts of Azure's other names for it, below `/openai`. */
const azureHost = /\.(cognitiveservices|services\.ai)\.azure\.(com|us|cn)$/

/** Whether the upstream is OpenAI's API or Azure's, by its preset, or else by its URL. */
export function isOpenAI({ preset, url }: { readonly preset?: Preset | undefined; readonly url: string }): boolean {
	if (preset !== undefined) return presets[preset] === openai
	const { hostname, pathname } = new URL(url)
	return openaiHost.test(hostname) || (azureHost.test(hostname) && pathname.startsWith('/openai'))
}
