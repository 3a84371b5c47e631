// Counts tokens in a thread of its own: a vocabulary takes most of a second to load, and a long text its time to count.

declare const self: Worker

import type { Tokenizer } from './tokenizer.ts'

export interface CountInquiry {
	readonly inquiry: number
	readonly tokenizer: Tokenizer
	readonly texts: readonly string[]
}

export interface CountAnswer {
	readonly inquiry: number
	readonly tokens?: number
	/** Why there is no count. */
	readonly failure?: string
}

/** Longer texts are counted to here and the rest in proportion, so that no request holds up the others. In characters. */
const exactCharacters = 262_144

const loaders = {
	o200k_base: () => import('gpt-tokenizer/encoding/o200k_base'),
	cl100k_base: () => import('gpt-tokenizer/encoding/cl100k_base'),
} as const satisfies Readonly<Record<Tokenizer, () => Promise<unknown>>>

self.onmessage = async ({ data }: MessageEvent<CountInquiry>) => {
	const { inquiry, tokenizer, texts } = data
	try {
		const { countTokens } = await loaders[tokenizer]()
		// Words with a meaning to the model may well stand in somebody's text.
		const count = (text: string) => countTokens(text, { disallowedSpecial: new Set() })
		const tokens = texts.reduce((sum, text) => sum + countOne(text, count), 0)
		self.postMessage({ inquiry, tokens } satisfies CountAnswer)
	} catch (thrown) {
		self.postMessage({ inquiry, failure: String(thrown) } satisfies CountAnswer)
	}
}

function countOne(text: string, count: (text: string) => number): number {
	if (text.length <= exactCharacters) return count(text)
	return Math.round(count(text.slice(0, exactCharacters)) * (text.length / exactCharacters))
}
