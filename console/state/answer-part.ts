// The parts of an answer, and how events of the Responses API make and extend them.

import type { ResponseItem } from '../api/responses.ts'

/** A part that grows is replaced: components compare their properties by identity. */
export type AnswerPart =
	| { readonly type: 'text' | 'refusal'; readonly text: string }
	| {
			readonly type: 'reasoning'
			readonly text: string
			readonly startedAtMs?: number | undefined
			readonly endedAtMs?: number | undefined
	  }
	| { readonly type: 'tool-call'; readonly name: string; readonly arguments: string }
	| { readonly type: 'image'; readonly url: string }
	| { readonly type: 'other'; readonly kind: string }

export function partOfItem(item: ResponseItem): AnswerPart {
	const text = argumentsOf(item)
	if (text !== undefined) return { type: 'tool-call', name: item.name ?? item.type, arguments: text }
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
