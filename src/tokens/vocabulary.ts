// Counts tokens in a worker thread: a vocabulary takes most of a second to load, and long texts block the event loop.

declare const self: Worker

import type { Tokenizer } from './tokenizer.ts'

export interface CountRequest {
	readonly id: number
	readonly tokenizer: Tokenizer
	readonly texts: readonly string[]
}

export interface CountAnswer {
	readonly id: number
	readonly tokens?: number
	/** The error, if counting failed. */
	readonly failure?: string
}

/** In characters. Longer texts are counted up to here and extrapolated, so that no request delays the others. */
const exactCharacters = 262_144

const loaders = {
	o200k_base: () => import('gpt-tokenizer/encoding/o200k_base'),
	cl100k_base: () => import('gpt-tokenizer/encoding/cl100k_base'),
} as const satisfies Readonly<Record<Tokenizer, () => Promise<unknown>>>

self.onmessage = async ({ data }: MessageEvent<CountRequest>) => {
	const { id, tokenizer, texts } = data
	try {
		const { countTokens } = await loaders[tokenizer]()
		// Special tokens may occur in user text, and count as ordinary text there.
		const count = (text: string) => countTokens(text, { disallowedSpecial: new Set() })
		const tokens = texts.reduce((sum, text) => sum + countOne(text, count), 0)
		self.postMessage({ id, tokens } satisfies CountAnswer)
	} catch (thrown) {
		self.postMessage({ id, failure: String(thrown) } satisfies CountAnswer)
	}
}

function countOne(text: string, count: (text: string) => number): number {
	if (text.length <= exactCharacters) return count(text)
	return Math.round(count(text.slice(0, exactCharacters)) * (text.length / exactCharacters))
}
