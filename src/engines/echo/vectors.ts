// Embeddings without a model. The vector of a word is derived from a hash of the word; the vector of a text is the sum
// of those of its words. Equal texts have equal vectors, and texts that share words have similar ones.

/** A vector of length 1. */
export function vectorOf(words: readonly string[], dimensions: number): Float32Array {
	const sum = new Float64Array(dimensions)
	for (const word of words) {
		let state = hash(word)
		for (let index = 0; index < dimensions; index++) {
			state = shuffle(state)
			sum[index] = (sum[index] ?? 0) + state / 0x80000000 - 1
		}
	}
	const length = Math.hypot(...sum)
	return Float32Array.from(sum, (value) => (length === 0 ? 0 : value / length))
}

/** Similarity from 0 to 1 of vectors of length 1: 1 if they are equal, about 0.5 if they are unrelated. */
export function similarity(one: Float32Array, other: Float32Array): number {
	const dot = one.reduce((sum, value, index) => sum + value * (other[index] ?? 0), 0)
	return Math.min(1, Math.max(0, (1 + dot) / 2))
}

/** FNV-1a. Never returns 0. */
function hash(word: string): number {
	let state = 0x811c9dc5
	for (let index = 0; index < word.length; index++) state = Math.imul(state ^ word.charCodeAt(index), 0x01000193)
	return state >>> 0 || 1
}

/** Marsaglia's xorshift with 32 bits. */
function shuffle(state: number): number {
	let next = state ^ (state << 13)
	next ^= next >>> 17
	next ^= next << 5
	return next >>> 0
}
