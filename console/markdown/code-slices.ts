// Splits code into slices of some hundred lines, which are laid out and coloured one by one: long code never occupies the page
// for long. A slice ends between two lines that are likely to be independent of each other.

const linesPerSlice = 100
/** A slice is at most this much longer if no line begins a new paragraph of code. */
const furtherLines = 50

export interface CodeSlice {
	/** With its last line break, except at the end of the code. */
	readonly code: string
	readonly lines: number
}

/** A slice but the last one remains the same when the code grows. */
export function sliceCode(code: string, former: readonly CodeSlice[] = []): readonly CodeSlice[] {
	const slices: CodeSlice[] = []
	let start = 0
	for (const slice of former.slice(0, -1)) {
		if (!code.startsWith(slice.code, start)) break
		slices.push(slice)
		start += slice.code.length
	}
	while (start < code.length || slices.length === 0) {
		const slice = readSlice(code, start)
		slices.push(slice)
		start += slice.code.length
		if (slice.code === '') break
	}
	return slices
}

function readSlice(code: string, start: number): CodeSlice {
	let end = start
	for (let lines = 1; ; lines++) {
		const lineEnd = code.indexOf('\n', end)
		if (lineEnd < 0) return { code: code.slice(start), lines }
		const line = code.slice(end, lineEnd)
		end = lineEnd + 1
		const isBreak = line.trim() === '' && /^\S/.test(code.slice(end, end + 1))
		const isFull = lines >= linesPerSlice + furtherLines
		if ((lines >= linesPerSlice && isBreak) || isFull) return { code: code.slice(start, end), lines }
	}
}
