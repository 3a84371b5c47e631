// The part of a text around a match, as a search shows it. It does not know where the text comes from.

import { foldText } from './search-text.ts'

/** Characters before and after a match. */
const [before, after] = [40, 80]

/**
 * @param folded the folded text of the search.
 * @returns the match with some words around it; the beginning of the text if the match spans what folding removes.
 */
export function excerptOf(text: string, folded: string): string {
	const [start, end] = matchIn(text, folded)
	const from = wordStart(text, Math.max(0, start - before))
	const to = wordEnd(text, Math.min(text.length, end + after))
	const excerpt = text.slice(from, to).toWellFormed().replace(/\s+/g, ' ').trim()
	return `${from > 0 ? '…' : ''}${excerpt}${to < text.length ? '…' : ''}`
}

/** Folds one segment after the other, because the lengths of a text and its folded form differ. */
function matchIn(text: string, folded: string): readonly [number, number] {
	const starts: number[] = []
	let all = ''
	for (const { segment, index } of new Intl.Segmenter().segment(text.slice(0, mostFolded))) {
		const piece = foldText(segment)
		for (let unit = 0; unit < piece.length; unit++) starts.push(index)
		all += piece
	}
	const at = all.indexOf(folded)
	if (at < 0) return [0, 0]
	const next = starts.find((start, unit) => unit >= at + folded.length && start > (starts[at + folded.length - 1] ?? 0))
	return [starts[at] ?? 0, next ?? text.length]
}

/** Characters of a message in which the match is located; what is after them is found, but not shown. */
const mostFolded = 20_000

function wordStart(text: string, at: number): number {
	if (at === 0) return 0
	const space = text.slice(at, at + 20).search(/\s/)
	return space < 0 ? at : at + space + 1
}

function wordEnd(text: string, at: number): number {
	if (at === text.length) return at
	const space = text.slice(Math.max(0, at - 20), at).lastIndexOf(' ')
	return space < 0 ? at : Math.max(0, at - 20) + space
}
