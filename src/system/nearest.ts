// Finds the name that was probably meant. It compares words only: the caller provides the candidates and writes the
// suggestion.

/**
 * The candidate that is nearest to `word`, or undefined if none is near enough to be suggested.
 *
 * Upper and lower case count as equal, and so do names that differ in punctuation only (`llama3.2`, `llama-3.2`).
 * Otherwise at most a third of the longer name may be wrong, counted in inserted, removed, replaced or swapped
 * characters. A word that begins a candidate, or that a candidate begins, is near if it has at least three characters.
 * The first of several equally near candidates wins.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
	let best: string | undefined
	let bestDistance = Number.POSITIVE_INFINITY
	for (const candidate of candidates) {
		const distance = distanceBetween(word, candidate)
		if (distance < bestDistance) {
			best = candidate
			bestDistance = distance
		}
	}
	return best
}

/** Longer names are compared for equality only, so that a malicious word costs nothing. */
const longestName = 200

/** The cost of a candidate that continues the word, or vice versa. A near miss of one or two characters costs less. */
const prefixDistance = 2.5

function distanceBetween(word: string, candidate: string): number {
	const [a, b] = [word.toLowerCase(), candidate.toLowerCase()]
	if (a === b) return 0
	if (a === '' || b === '' || a.length > longestName || b.length > longestName) return Number.POSITIVE_INFINITY
	const [plainA, plainB] = [withoutPunctuation(a), withoutPunctuation(b)]
	if (plainA !== '' && plainA === plainB) return 0.5
	const edits = editDistance(a, b)
	const near =
		edits <= Math.max(1, Math.floor(Math.max(a.length, b.length) / 3)) && edits < Math.min(a.length, b.length)
	return Math.min(
		near ? edits : Number.POSITIVE_INFINITY,
		isPrefix(plainA, plainB) ? prefixDistance : Number.POSITIVE_INFINITY,
	)
}

function isPrefix(a: string, b: string): boolean {
	return Math.min(a.length, b.length) >= 3 && (a.startsWith(b) || b.startsWith(a))
}

function withoutPunctuation(text: string): string {
	return text.replace(/[^\p{Letter}\p{Number}]/gu, '')
}

/** The optimal string alignment distance: Damerau-Levenshtein in which no part is edited twice. */
function editDistance(a: string, b: string): number {
	let beforePrevious: number[] = []
	let previous = Array.from({ length: b.length + 1 }, (_, column) => column)
	for (let row = 1; row <= a.length; row++) {
		const current = [row]
		for (let column = 1; column <= b.length; column++) {
			const same = a[row - 1] === b[column - 1]
			let least = Math.min(
				at(previous, column) + 1,
				at(current, column - 1) + 1,
				at(previous, column - 1) + (same ? 0 : 1),
			)
			const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
			if (swapped) least = Math.min(least, at(beforePrevious, column - 2) + 1)
			current.push(least)
		}
		beforePrevious = previous
		previous = current
	}
	return at(previous, b.length)
}

function at(row: readonly number[], column: number): number {
	return row[column] ?? Number.POSITIVE_INFINITY
}
