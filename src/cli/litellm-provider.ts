// The providers of LiteLLM that an engine replaces, and how a model names its provider. Plain data.
// Names: https://docs.litellm.ai/docs/providers

export interface LiteLlmProvider {
	readonly engine: string
	readonly preset?: string | undefined
	/** Used without `api_base`. */
	readonly url?: string | undefined
	/** What follows `api_base`. */
	readonly suffix?: string | undefined
	/** The variable that LiteLLM reads without `api_key`. */
	readonly keyVariable?: string | undefined
}

const openaiCompatible = (url?: string, keyVariable?: string, preset?: string): LiteLlmProvider => ({
	engine: 'openai-compatible',
	url,
	keyVariable,
	preset,
})

const providers: Readonly<Record<string, LiteLlmProvider>> = {
	openai: openaiCompatible('https://api.openai.com/v1', 'OPENAI_API_KEY'),
	azure: { engine: 'openai-compatible', preset: 'azure', suffix: '/openai/v1', keyVariable: 'AZURE_API_KEY' },
	hosted_vllm: openaiCompatible(undefined, undefined, 'vllm'),
	vllm: openaiCompatible(undefined, undefined, 'vllm'),
	lm_studio: openaiCompatible('http://127.0.0.1:1234/v1'),
	ollama: { engine: 'openai-compatible', preset: 'ollama', url: 'http://127.0.0.1:11434/v1', suffix: '/v1' },
	ollama_chat: { engine: 'openai-compatible', preset: 'ollama', url: 'http://127.0.0.1:11434/v1', suffix: '/v1' },
	mistral: openaiCompatible('https://api.mistral.ai/v1', 'MISTRAL_API_KEY', 'mistral'),
	groq: openaiCompatible('https://api.groq.com/openai/v1', 'GROQ_API_KEY', 'groq'),
	deepseek: openaiCompatible('https://api.deepseek.com/v1', 'DEEPSEEK_API_KEY', 'deepseek'),
	openrouter: openaiCompatible('https://openrouter.ai/api/v1', 'OPENROUTER_API_KEY', 'openrouter'),
	xai: openaiCompatible('https://api.x.ai/v1', 'XAI_API_KEY', 'xai'),
	cerebras: openaiCompatible('https://api.cerebras.ai/v1', 'CEREBRAS_API_KEY', 'cerebras'),
	moonshot: openaiCompatible('https://api.moonshot.ai/v1', 'MOONSHOT_API_KEY', 'moonshot'),
	anthropic: { engine: 'anthropic', keyVariable: 'ANTHROPIC_API_KEY' },
	gemini: { engine: 'gemini', keyVariable: 'GEMINI_API_KEY' },
}

/** Names without a provider. */
const inferred: readonly (readonly [RegExp, string])[] = [
	[/^(gpt-|o\d|chatgpt-|text-embedding-)/, 'openai'],
	[/^claude-/, 'anthropic'],
	[/^gemini-/, 'gemini'],
	[/^mistral-/, 'mistral'],
]

/** Undefined if no engine replaces it. */
export function findProvider(name: string): LiteLlmProvider | undefined {
	return Object.hasOwn(providers, name) ? providers[name] : undefined
}

/** The provider of a model whose name does not say one. */
export const unnamedProvider = 'unknown'

/** The provider and the name of a model such as `azure/gpt-4o`. */
export function splitModel(text: string, given: unknown): { readonly provider: string; readonly model: string } {
	if (typeof given === 'string' && given !== '') return { provider: given, model: text.replace(`${given}/`, '') }
	const [, provider, model] = /^([a-z_]+)\/(.+)$/.exec(text) ?? []
	if (provider !== undefined && model !== undefined) return { provider, model }
	return { provider: inferred.find(([form]) => form.test(text))?.[1] ?? unnamedProvider, model: text }
}
