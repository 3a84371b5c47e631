// Vectors for texts without a model: each word has a direction that follows from its letters, a text the sum of its words'. So equal
// texts are equal, and texts that share words are near.

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

/** 0 to 1 for vectors of length 1: 1 where they are the same, about a half where they have nothing in common. */
export function nearness(one: Float32Array, other: Float32Array): number {
	const cosine = one.reduce((sum, value, index) => sum + value * (other[index] ?? 0), 0)
	return Math.min(1, Math.max(0, (1 + cosine) / 2))
}

/** FNV-1a, never 0. */
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
