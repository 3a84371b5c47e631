// Splits growing Markdown into its top-level blocks. Only the text from the start of the last block on is read again when the
// text grows: blocks before it cannot change any more.

import { Marked, type Token } from 'marked'

/** A top-level block, with the tokens that `marked` found in it. */
export interface MarkdownBlock {
	/** Position in the text; with `raw` it identifies the block. */
	readonly offset: number
	readonly raw: string
	readonly token: Token
}

const marked = new Marked({ gfm: true })

export class MarkdownBlocks {
	private text = ''
	private blocks: readonly MarkdownBlock[] = []

	/** The blocks of `text`. Blocks that did not change are the same objects as before. */
	read(text: string): readonly MarkdownBlock[] {
		if (text === this.text) return this.blocks
		const closed = text.startsWith(this.text) ? this.closedBlocks() : []
		const last = closed.at(-1)
		const begin = last === undefined ? 0 : last.offset + last.raw.length
		this.blocks = [...closed, ...this.readFrom(text, begin)]
		this.text = text
		return this.blocks
	}

	/**
	 * All blocks but the last two: the next line may belong to the last one, and a definition of a list or a table may still
	 * join the last one with the one before it.
	 */
	private closedBlocks(): readonly MarkdownBlock[] {
		return this.blocks.slice(0, -2)
	}

	private readFrom(text: string, begin: number): readonly MarkdownBlock[] {
		let offset = begin
		return marked.lexer(text.slice(begin)).map((token) => {
			const block = { offset, raw: token.raw, token }
			offset += token.raw.length
			return block
		})
	}
}
