// A fenced block of code that is still open at the end of the text. It grows without being read anew, so that thousands of
// lines of code cost no more per frame than a few.

import type { MarkdownBlock } from './blocks.ts'

export interface OpenFence {
	/** The grown block, or undefined if the fence may have been closed. */
	grow(source: string): MarkdownBlock | undefined
}

/** Undefined if the block is no fence that begins in the first column, or a closed one. */
export function openFence(block: MarkdownBlock | undefined, source: string): OpenFence | undefined {
	if (block?.token.type !== 'code' || block.offset + block.raw.length !== source.length) return undefined
	const opening = /^(`{3,}|~{3,})[^\n]*\n/.exec(block.raw)
	const marker = opening?.[1]
	if (opening === null || marker === undefined) return undefined
	const { offset, token } = block
	const textStart = offset + opening[0].length
	const closing = new RegExp(`^ {0,3}${marker}[~\`]* *$`, 'm')
	if (closing.test(source.slice(textStart))) return undefined
	let checked = source.length
	return {
		grow: (grown) => {
			const lineStart = Math.max(textStart, grown.lastIndexOf('\n', checked - 1) + 1)
			if (closing.test(grown.slice(lineStart))) return undefined
			checked = grown.length
			const raw = grown.slice(offset)
			const text = grown.endsWith('\n') ? grown.slice(textStart, -1) : grown.slice(textStart)
			return { offset, raw, token: { ...token, raw, text: grown.length > textStart ? text : '' } }
		},
	}
}
