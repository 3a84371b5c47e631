// Random numbers that are the same in every run, for tests of many inputs.

/** Numbers from 0 to 1, without 1 (mulberry32). */
export function randomOf(seed: number): () => number {
	let state = seed
	return () => {
		state = (state + 0x6d2b79f5) | 0
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
	}
}

/** Integers from 0 to a bound, without the bound. */
export function randomIntegersOf(seed: number): (bound: number) => number {
	const random = randomOf(seed)
	return (bound) => Math.floor(random() * bound)
}
