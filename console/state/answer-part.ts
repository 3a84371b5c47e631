// The parts of an answer, and how events of the Responses API make and extend them.

import type { ResponseEvent, ResponseItem } from '../api/responses.ts'

/** A token of the text, with the most likely tokens in its position. */
export interface TokenProbability {
	readonly token: string
	/** Natural logarithm of the probability. */
	readonly logprob: number
	readonly top: readonly { readonly token: string; readonly logprob: number }[]
}

/** A part that grows is replaced: components compare their properties by identity. */
export type AnswerPart =
	| { readonly type: 'text'; readonly text: string; readonly tokens?: readonly TokenProbability[] | undefined }
	| { readonly type: 'refusal'; readonly text: string }
	| {
			readonly type: 'reasoning'
			readonly text: string
			readonly startedAtMs?: number | undefined
			readonly endedAtMs?: number | undefined
	  }
	| {
			readonly type: 'tool-call'
			readonly name: string
			readonly arguments: string
			/** By which a result refers to the call; undefined for calls that the server answers itself. */
			readonly callId?: string | undefined
	  }
	| { readonly type: 'image'; readonly url: string }
	| { readonly type: 'other'; readonly kind: string }

export function partOfItem(item: ResponseItem): AnswerPart {
	const text = argumentsOf(item)
	if (text !== undefined)
		return { type: 'tool-call', name: item.name ?? item.type, arguments: text, callId: callIdOf(item) }
	return { type: 'other', kind: item.type }
}

export function argumentsOf(item: ResponseItem): string | undefined {
	return item.arguments ?? ('input' in item && typeof item.input === 'string' ? item.input : undefined)
}

export function emptyPart(type: 'text' | 'refusal' | 'reasoning' | 'tool-call'): AnswerPart {
	switch (type) {
		case 'tool-call':
			return { type, name: '', arguments: '' }
		case 'reasoning':
			return { type, text: '', startedAtMs: Date.now() }
		case 'text':
		case 'refusal':
			return { type, text: '' }
	}
}

export function withDelta(part: AnswerPart, delta: string): AnswerPart {
	if (part.type === 'tool-call') return { ...part, arguments: part.arguments + delta }
	return 'text' in part ? { ...part, text: part.text + delta } : part
}

export function withTokens(part: AnswerPart, { logprobs = [] }: ResponseEvent): AnswerPart {
	if (part.type !== 'text' || logprobs.length === 0) return part
	const tokens = logprobs.map(({ token, logprob, top_logprobs: top = [] }) => ({ token, logprob, top }))
	return { ...part, tokens: [...(part.tokens ?? []), ...tokens] }
}

/** Only calls of functions take a result in the form that the page sends. */
const callIdOf = (item: ResponseItem): string | undefined => (item.type === 'function_call' ? item.call_id : undefined)

/** The formats by how their bytes begin in base64. */
const pictureFormats: readonly (readonly [start: string, format: string])[] = [
	['/9j/', 'jpeg'],
	['UklGR', 'webp'],
	['R0lGOD', 'gif'],
]

/** A generated picture as a `data:` URL. */
export function pictureUrl(base64: string): string {
	const format = pictureFormats.find(([start]) => base64.startsWith(start))?.[1] ?? 'png'
	return `data:image/${format};base64,${base64}`
}
