// Whether an answer, as each dialect's clients receive it, has a feature.

import type { ClientView, DialectClient } from '../dialect-clients/dialect-client.ts'
import { type AnswerFeature, marks } from './features.ts'

/** An answer as it arrived. */
export interface UpstreamView {
	readonly status: number
	readonly headers: Headers
	readonly text: string
	/** Absent for errors. */
	readonly view?: ClientView
}

const patterns = {
	length: /"(finish_reason|stop_reason)":"(length|max_tokens)"|"reason":"max_output_tokens"/,
	filtered: /"(finish_reason|stop_reason)":"(content_filter|refusal)"|"reason":"content_filter"/,
	prompt: /"(prompt_tokens|input_tokens|prompt)":(31|11)\b/,
	generated: /"(completion_tokens|output_tokens|completion)":7\b/,
	cached: /"(cached_tokens|cache_read_input_tokens)":20\b/,
} as const

export function shows(
	feature: AnswerFeature,
	{ status, headers, text, view }: UpstreamView,
	client: DialectClient,
): boolean {
	const { statuses } = client
	switch (feature) {
		case 'text':
			return view?.text === marks.text
		case 'reasoning':
			return text.includes(marks.reasoning)
		case 'proof':
			return text.includes(marks.proof)
		case 'calls':
		case 'callsStreamed':
			return view?.calls.length === 2 && view.calls.every(({ name }) => name === 'look')
		case 'length':
		case 'filtered':
			return patterns[feature].test(text)
		case 'stopText':
			return text.includes(marks.stop)
		case 'refusal':
			return text.includes(marks.refusal)
		case 'usage':
		case 'usageStreamed':
			return patterns.prompt.test(text) && patterns.generated.test(text)
		case 'cached':
			return patterns.cached.test(text)
		case 'errorInvalid':
			return status === statuses.invalidRequest
		case 'errorLimit':
			return status === 429 && headers.get('retry-after') === '7'
		case 'errorOverloaded':
			return status === statuses.overloaded
		case 'errorKey':
		case 'errorFailed':
			return status === 502
		case 'errorMidStream':
			return view !== undefined && (client.failure === 'cut' ? !view.ended : view.failed !== undefined)
	}
}

/** Features that a dialect cannot express, by the name of the dialect's client. */
export const notExpressible: Readonly<Record<string, readonly AnswerFeature[]>> = {
	openai: ['proof'],
	'openai responses': ['proof', 'stopText'],
	albert: ['proof'],
	opengatellm: ['proof'],
	egp: ['proof', 'calls', 'callsStreamed', 'stopText', 'cached'],
	'egp v5': ['proof', 'stopText'],
	'aleph-alpha': ['proof', 'stopText', 'cached'],
	anthropic: [],
}

/** Features that a wire cannot express, by the name of the engine. */
export const unsupportedParts: Readonly<Record<string, readonly AnswerFeature[]>> = {
	'openai-compatible': ['proof'],
	anthropic: ['refusal'],
	gemini: ['proof', 'stopText', 'refusal'],
}
