// Counts tokens in a worker thread: a vocabulary takes most of a second to load, and long texts block the event loop.

declare const self: Worker

import type { Tokenizer } from './tokenizer.ts'

export interface CountRequest {
	readonly tokenizer: Tokenizer
	readonly texts: readonly string[]
}

export interface CountAnswer {
	readonly tokens?: number
	/** The error, if counting failed. */
	readonly failure?: string
}

/**
 * In characters. A vocabulary takes a time that is quadratic in the length of a word. Longer runs without a boundary of
 * words are counted in pieces, which is at most about one token more for each.
 */
const maxRunCharacters = 256

/** Every word of every vocabulary is within one of these, apart from its first and last characters. */
const runs = /\s+|[^\s\p{N}]+/gu

const loaders = {
	o200k_base: () => import('gpt-tokenizer/encoding/o200k_base'),
	cl100k_base: () => import('gpt-tokenizer/encoding/cl100k_base'),
} as const satisfies Readonly<Record<Tokenizer, () => Promise<unknown>>>

self.onmessage = async ({ data }: MessageEvent<CountRequest>) => {
	const { tokenizer, texts } = data
	try {
		const { countTokens } = await loaders[tokenizer]()
		// Special tokens may occur in user text, and count as ordinary text there.
		const countPiece = (piece: string) => countTokens(piece, { disallowedSpecial: new Set() })
		const count = (text: string) => piecesOf(text).reduce((sum, piece) => sum + countPiece(piece), 0)
		const tokens = texts.reduce((sum, text) => sum + count(text), 0)
		self.postMessage({ tokens } satisfies CountAnswer)
	} catch (thrown) {
		self.postMessage({ failure: String(thrown) } satisfies CountAnswer)
	}
}

/** Cuts runs that are too long. */
function piecesOf(text: string): readonly string[] {
	const pieces: string[] = []
	let start = 0
	for (const { 0: run, index } of text.matchAll(runs))
		for (let cut = index + maxRunCharacters; cut < index + run.length; cut += maxRunCharacters) {
			pieces.push(text.slice(start, cut))
			start = cut
		}
	pieces.push(text.slice(start))
	return pieces
}
