// The end of growing Markdown as if it were complete: marks that it opens are closed, and what would change its form with the
// next characters (a row of a table, the address of a link) is left out until it is there.

/** Stands before a delimiter of maths that this file adds; a private character, which text does not contain. */
export const unfinishedMark = '\ue000'

/** @param text Markdown from the start of a top-level block on. */
export function closeUnfinished(text: string): string {
	const fence = fenceAtEnd(text)
	if (fence !== undefined) return withoutPartOfFence(text, fence)
	const { open, end } = findFormulas(text)
	if (open !== undefined) return closeMaths(text, open.start, open.closing)
	const complete = withoutUnfinishedRow(text)
	const start = Math.max(segmentStart(complete), Math.min(end, complete.length))
	return complete.slice(0, start) + closeMarks(complete.slice(start))
}

/** The marker of the fence that is open at the end. */
function fenceAtEnd(text: string): string | undefined {
	if (!text.includes('```') && !text.includes('~~~')) return undefined
	let open: string | undefined
	for (const [, marker = '', rest = ''] of text.matchAll(/^(?:[ \t>]|[-*+] |\d{1,9}[.)] )*(`{3,}|~{3,})([^\n]*)/gm)) {
		if (open === undefined) open = marker.startsWith('`') && rest.includes('`') ? undefined : marker
		else if (marker.startsWith(open) && rest.trim() === '') open = undefined
	}
	return open
}

interface Formulas {
	/** The one that is open at the end of the text. */
	readonly open?: { readonly start: number; readonly closing: string }
	/** Where the last complete one ends. */
	readonly end: number
}

/** Formulas on lines of their own in the last paragraph: their lines may look like items of a list. */
function findFormulas(text: string): Formulas {
	const paragraph = text.lastIndexOf('\n\n') + 1
	let end = 0
	for (const { index, 0: line } of text.slice(paragraph).matchAll(/^ {0,3}(?:\$\$|\\\[)/gm)) {
		if (index < end) continue
		const start = paragraph + index + line.length - 2
		const closing = line.endsWith('$') ? '$$' : '\\]'
		const found = text.indexOf(closing, start + 2)
		if (found < 0) return { open: { start, closing }, end: start }
		end = found + 2 - paragraph
	}
	return { end: end === 0 ? 0 : paragraph + end }
}

/** The first characters of the closing fence are not a line of code. */
function withoutPartOfFence(text: string, marker: string): string {
	const lineStart = text.lastIndexOf('\n') + 1
	const line = text.slice(lineStart).trim()
	const isPart = line !== '' && line.length < marker.length && marker.startsWith(line)
	return isPart && lineStart > 0 ? text.slice(0, lineStart) : text
}

const delimiterRow = /^[ \t>]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/

/** Leaves out the last row of a table until its line ends, and the head until the line below it says that it is one. */
function withoutUnfinishedRow(text: string): string {
	const blockStart = text.lastIndexOf('\n\n') + 1
	const lines = text.slice(blockStart).replace(/^\n+/, '').split('\n')
	const last = lines.at(-1) ?? ''
	const drop = (count: number) => {
		const dropped = lines.slice(-count).join('\n')
		return text.slice(0, text.length - dropped.length)
	}
	const delimiter = lines.findIndex(
		(line, index) => index > 0 && line.includes('-') && line.includes('|') && delimiterRow.test(line),
	)
	if (delimiter > 0 && delimiter < lines.length - 1) return last === '' ? text : drop(1)
	const head = lines.findIndex((line) => /^[ \t>]*\|/.test(line))
	if (head < 0 || lines.length - head > 2) return text
	return lines.length - head === 1 || /^[\s|:>-]*$/.test(last) ? drop(lines.length - head) : text
}

/** Where the last block or item begins that may contain marks: marks do not reach over it. */
function segmentStart(text: string): number {
	let start = text.lastIndexOf('\n\n') + 1
	for (const { index } of text.slice(start).matchAll(/^\s*(?:[-*+]|\d{1,9}[.)]|#{1,6}|>)[ \t]/gm))
		start = Math.max(start, text.lastIndexOf('\n\n') + 1 + index)
	return start
}

const pairs: Readonly<Record<string, string>> = { $$: '$$', '\\(': '\\)', '\\[': '\\]' }

/** Closes maths, code spans, strong, emphasis and deletions; leaves out addresses of links that are incomplete. */
function closeMarks(text: string): string {
	if (text.length > 20_000) return text
	const open: string[] = []
	for (let at = leadLength(text); at < text.length; ) {
		const two = text.slice(at, at + 2)
		const closing = pairs[two]
		if (closing !== undefined) {
			const end = text.indexOf(closing, at + 2)
			if (end < 0) return closeMaths(text, at, closing)
			at = end + 2
			continue
		}
		const character = text[at] ?? ''
		if (character === '\\') {
			at += 2
			continue
		}
		const run = /^(`+|\*+|_+|~+)/.exec(text.slice(at, at + 20))?.[0]
		if (run === undefined) {
			at++
			continue
		}
		if (character === '`') {
			const end = text.indexOf(run, at + run.length)
			if (end < 0) return at + run.length === text.length ? text.slice(0, at) : `${text}${run}`
			at = end + run.length
			continue
		}
		if (character !== '~' || run.length === 2) toggle(open, run, text, at)
		at += run.length
	}
	return closeRuns(withoutOpenAddress(text), open)
}

/** A marker of a list or heading is no mark of emphasis. */
const leadLength = (text: string): number => /^\s*(?:(?:[-*+]|\d{1,9}[.)]|#{1,6}|>)[ \t]+)*/.exec(text)?.[0].length ?? 0

function closeMaths(text: string, start: number, closing: string): string {
	const content = text.slice(start + 2)
	if (content.trim() === '' || /\n[ \t]*\n/.test(content)) return text.slice(0, start)
	// The first character of the closing delimiter is not part of the formula.
	const formula = text.replace(/[$\\]$/, '').trimEnd()
	return `${formula}${content.includes('\n') ? '\n' : ''}${unfinishedMark}${closing}`
}

function toggle(open: string[], run: string, text: string, at: number): void {
	const before = text[at - 1] ?? ' '
	const after = text[at + run.length] ?? ''
	const inWord = run.startsWith('_') && /\w/.test(before) && /\w/.test(after)
	if (inWord) return
	if (/\S/.test(before) && open.at(-1) === run) open.pop()
	else if (after !== '' && /\S/.test(after) && run.length <= 3) open.push(run)
	else if (after === '') open.push('')
}

/** Appends the marks that are open. A mark at the very end opens nothing yet and is left out. */
function closeRuns(text: string, open: string[]): string {
	let closed = text
	if (open.at(-1) === '') {
		open.pop()
		closed = closed.replace(/[*_~]+$/, '')
	}
	return open.length === 0 ? closed : closed.trimEnd() + open.reverse().join('')
}

function withoutOpenAddress(text: string): string {
	return text.replace(/(!?)\[([^[\]\n]*)\](?:\([^()\s]*)$/, (_, picture, label) => (picture === '' ? label : ''))
}
