// Recognizes in an upstream's error message which token limit a request exceeds: its prompt is longer than the context,
// or it requests more output than fits. Servers share no error code for this, so the texts of known servers are listed
// here, once for all wires. It does not know what happens to the request.

export type TokenLimit =
	/** The prompt alone exceeds the context, whatever output is requested. */
	| { readonly type: 'prompt' }
	/**
	 * `max_tokens` is too large. `fits` is the largest value that the upstream accepts, at least 1; undefined if the
	 * message does not say.
	 */
	| { readonly type: 'output'; readonly fits: number | undefined }

/** @param message the error message of a rejected request. Undefined if it is about something else. */
export function readTokenLimit(message: string): TokenLimit | undefined {
	if (otherLimits.test(message)) return undefined
	for (const { pattern, room } of outputLimits) {
		const numbers = pattern.exec(message)?.groups
		if (numbers === undefined) continue
		const fits = room?.(readNumbers(numbers))
		return fits !== undefined && fits < 1 ? { type: 'prompt' } : { type: 'output', fits }
	}
	return promptLimits.some(({ pattern }) => pattern.test(message)) ? { type: 'prompt' } : undefined
}

/** Messages about rate limits, quotas and media use similar phrases. */
const otherLimits =
	/\b(?:tokens?|requests?) ?(?:per|\/) ?(?:second|minute|hour|day|month|min)\b|\b[TR]P[MD]\b|\brate[ _-]?limit|\bquota\b|\bthrottl|\btoo many (?:requests|images)\b|\b(?:image|audio|video|file|document|pdf)s? (?:size|dimensions?|exceeds?|is too)\b/i

type Numbers = Readonly<Record<string, number>>

interface OutputLimit {
	/** A server that sends this text. */
	readonly server: string
	/** Has named groups. */
	readonly pattern: RegExp
	/** The output that fits, from the numbers of the groups. Absent if the text does not determine it. */
	readonly room?: (numbers: Numbers) => number | undefined
}

const number = String.raw`\d[\d,_]*`

function text(source: string): RegExp {
	return new RegExp(source.replaceAll('#', number), 'is')
}

/**
 * Texts about `max_tokens`. The first that matches counts. If the prompt that such a text reports leaves no room at
 * all, the prompt is the problem.
 */
const outputLimits: readonly OutputLimit[] = [
	{
		server: 'vLLM',
		pattern: text("max_(?:completion_)?tokens'? is too large.*context length is (?<context>#).*has (?<prompt>#) input"),
		room: ({ context = 0, prompt = 0 }) => context - prompt,
	},
	{
		// The reported prompt is only a lower bound: tokenization stops once the request is too long.
		server: 'vLLM 0.15',
		pattern: text('context length is (?<context>#).*requested (?<output>#) output tokens.*at least (?<prompt>#) input'),
		room: ({ context = 0, output = 0 }) => (output * 2 > context ? undefined : 0),
	},
	{
		server: 'vLLM',
		pattern: text('max_(?:completion_)?tokens=(?<output>#) cannot be greater than max_model_len'),
	},
	{
		server: 'OpenAI, DeepSeek, vLLM, OpenRouter',
		pattern: text(
			'context length (?:is|of) (?<context>#).*requested (?:about |a total of )?(?<total>#) tokens.*?(?<output>#) (?:in|for) the (?:completion|output)',
		),
		room: ({ context = 0, total = 0, output = 0 }) => context - (total - output),
	},
	{
		server: 'SGLang',
		pattern: text(
			'context length of (?<context>#).*?(?<prompt>#) tokens from the input.*?(?<output>#) tokens for the completion',
		),
		room: ({ context = 0, prompt = 0 }) => context - prompt,
	},
	{
		server: 'Anthropic',
		pattern: text('max_tokens`? exceeds? context limit: (?<prompt>#) \\+ (?<output>#) > (?<context>#)'),
		room: ({ context = 0, prompt = 0 }) => context - prompt,
	},
	{
		server: 'Text Generation Inference, Together, DeepInfra',
		pattern: text('max_new_tokens`? must be <= (?<context>#)\\. Given: (?<prompt>#) `?inputs'),
		room: ({ context = 0, prompt = 0 }) => context - prompt,
	},
	{
		server: 'OpenAI',
		pattern: text('max_(?:completion_|output_)?tokens is too large.*supports at most (?<most>#) completion tokens'),
		room: ({ most }) => most,
	},
	{
		server: 'Anthropic',
		pattern: text('max_tokens: # > (?<most>#), which is the maximum allowed number of output tokens'),
		room: ({ most }) => most,
	},
	{
		server: 'Groq',
		pattern: text('max_(?:completion_)?tokens`? must be less than or equal to `?(?<most>#)'),
		room: ({ most }) => most,
	},
	{
		server: 'Cohere',
		pattern: text('max tokens must be less than or equal to (?<most>#), the maximum output length'),
		room: ({ most }) => most,
	},
	{
		server: 'DashScope, DeepSeek',
		pattern: text('range of max_tokens (?:should be|is) \\[1, ?(?<most>#)\\]'),
		room: ({ most }) => most,
	},
	{
		server: 'Google',
		pattern: text(
			'maxOutputTokens value of # but the supported range is from 1 \\(inclusive\\) to (?<end>#) \\(exclusive\\)',
		),
		room: ({ end = 1 }) => end - 1,
	},
	{
		server: 'Bedrock',
		pattern: text('maximum tokens you requested exceeds the model limit of (?<end>#)'),
		room: ({ end = 1 }) => end - 1,
	},
	{
		server: 'Claude on other clouds',
		pattern: text('(?<output>max_tokens) would exceed (?:the )?context (?:window|limit)'),
	},
]

interface PromptLimit {
	/** A server that sends this text. */
	readonly server: string
	readonly pattern: RegExp
}

const promptLimits: readonly PromptLimit[] = [
	{ server: 'OpenAI, vLLM, OpenRouter, Mistral, SGLang', pattern: /maximum context length/i },
	{ server: 'OpenAI Responses', pattern: /exceeds? the (?:model['’]?s )?context window/i },
	{ server: 'Anthropic', pattern: /prompt is too long|exceeds? context limit|exceeds? model context window/i },
	{ server: 'SGLang, Together', pattern: /longer than the model['’]?s? context length/i },
	{ server: 'vLLM', pattern: /longer than the maximum model length|too long to fit into the model/i },
	{ server: 'Moonshot', pattern: /exceeded model token limit/i },
	{ server: 'xAI', pattern: /maximum prompt length is \d/i },
	{ server: 'Zhipu', pattern: /prompt exceeds max(?:imum)? length|prompt ?超长/i },
	{ server: 'DashScope', pattern: /range of input length should be/i },
	{ server: 'MiniMax', pattern: /context window exceeds limit/i },
	{ server: 'Bedrock', pattern: /input is too long|expected maxLength: \d+, actual: \d+/i },
	{ server: 'Google', pattern: /input token count.*exceeds the maximum/is },
	{ server: 'Cerebras, Groq', pattern: /reduce the length of the (?:messages|input|prompt)/i },
	{ server: 'GitHub Copilot', pattern: /prompt token count of \d+ exceeds the limit of/i },
	{ server: 'Text Generation Inference, Together', pattern: /inputs`? tokens \+ `?max_new_tokens`? must be <=/i },
	{ server: 'Text Generation Inference', pattern: /`inputs` must have less than \d+ tokens/i },
	{ server: 'Cohere', pattern: /tokens in the prompt exceeds the limit of/i },
	{ server: 'llama-cpp-python', pattern: /exceed context window of \d/i },
	{ server: 'Volcengine', pattern: /exceed max message tokens/i },
	{ server: 'LM Studio', pattern: /greater than the context length|first \d+ tokens when context the overflows/i },
	{ server: 'llama.cpp', pattern: /exceeds the available context size|context size has been exceeded/i },
	{ server: 'Ollama', pattern: /prompt too long; exceeded|input (?:length )?exceeds (?:the )?context length/i },
	{ server: 'DeepInfra', pattern: /input length (?:\(?\d+\)? )?exceeds (?:the )?(?:model['’]?s )?maximum/i },
	{ server: 'DwarfStar', pattern: /but the configured context size is \d/i },
]

function readNumbers(groups: Readonly<Record<string, string | undefined>>): Numbers {
	return Object.fromEntries(
		Object.entries(groups).flatMap(([name, digits]) =>
			digits === undefined ? [] : [[name, Number(digits.replaceAll(/[,_]/g, ''))]],
		),
	)
}

/** Error codes and types of rejected prompts. */
export const promptLimitCodes: ReadonlySet<string> = new Set([
	'context_length_exceeded',
	'context_window_exceeded',
	'model_context_window_exceeded',
	// llama-server.
	'exceed_context_size_error',
	// Zhipu.
	'1261',
])
