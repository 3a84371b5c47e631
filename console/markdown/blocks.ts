// Splits growing Markdown into its top-level blocks. Only the text from the start of the last blocks on is read again when
// the text grows: blocks before them cannot change any more, except for links whose definition arrives later.

import { Lexer, Marked, type Token, type Tokens } from 'marked'
import { mathsExtension } from './maths.ts'
import { type OpenFence, openFence } from './open-fence.ts'
import { closeUnfinished } from './unfinished.ts'

/** A top-level block, with the tokens that `marked` found in it. */
export interface MarkdownBlock {
	/** Position in the text; with `raw` it identifies the block. */
	readonly offset: number
	readonly raw: string
	readonly token: Token
}

type Definitions = Record<string, { href: string | null; title: string | null | undefined }>

const marked = new Marked({ gfm: true }, mathsExtension)

export class MarkdownBlocks {
	private source = ''
	/** Blocks that more text cannot change. */
	private closed: readonly MarkdownBlock[] = []
	private closedDefinitions: Definitions = Object.create(null)
	/** All definitions that the closed blocks were read with. */
	private definitions: Definitions = Object.create(null)
	private blocks: readonly MarkdownBlock[] = []
	private fence: OpenFence | undefined

	/**
	 * The blocks of `text`. Blocks that did not change are the same objects as before.
	 *
	 * @param open whether more text follows: marks that its end leaves open are then read as closed.
	 */
	read(text: string, open = false): readonly MarkdownBlock[] {
		const source = text.includes('\r') ? text.replace(/\r\n|\r/g, '\n') : text
		if (!source.startsWith(this.source)) this.forget()
		const grown = open ? this.fence?.grow(source) : undefined
		this.source = source
		if (grown !== undefined) this.blocks = [...this.blocks.slice(0, -1), grown]
		else this.readTail(open)
		return this.blocks
	}

	private forget(): void {
		this.closed = []
		this.closedDefinitions = Object.create(null)
		this.definitions = Object.create(null)
		this.fence = undefined
	}

	private readTail(open: boolean): void {
		const last = this.closed.at(-1)
		const begin = last === undefined ? 0 : last.offset + last.raw.length
		const tail = this.source.slice(begin)
		const { tokens, definitions } = lex(open ? closeUnfinished(tail) : tail, this.closedDefinitions)
		this.useDefinitions(definitions)
		const blocks = locate(tokens, begin)
		this.fence = openFence(blocks.at(-1), this.source)
		this.blocks = [...this.closed, ...blocks]
		this.close(blocks)
	}

	/**
	 * Closes all blocks but the last two that are not white space: the next line may belong to the last one, which may then
	 * turn out to be a part of the one before it, as another item of a list does.
	 */
	private close(blocks: readonly MarkdownBlock[]): void {
		const end = blocks.findLastIndex(
			(_, index) => blocks.slice(index).filter(({ token }) => token.type !== 'space').length >= 2,
		)
		const closing = blocks.slice(0, Math.max(0, end))
		if (closing.some(({ raw, offset }) => !this.source.startsWith(raw, offset))) return
		for (const { token } of closing) collectDefinitions(token, this.closedDefinitions)
		this.closed = [...this.closed, ...closing]
	}

	/** Reads closed blocks again that refer to a definition that is new or has changed. */
	private useDefinitions(definitions: Definitions): void {
		const labels = [...Object.keys(definitions), ...Object.keys(this.definitions)]
		const changed = new Set(
			labels.filter(
				(label) =>
					definitions[label]?.href !== this.definitions[label]?.href ||
					definitions[label]?.title !== this.definitions[label]?.title,
			),
		)
		this.definitions = definitions
		if (changed.size === 0) return
		const refers = ({ raw }: MarkdownBlock) => {
			if (!raw.includes('[')) return false
			const text = raw.toLowerCase().replace(/\s+/g, ' ')
			return [...changed].some((label) => text.includes(label))
		}
		this.closed = this.closed.map((block) => {
			if (!refers(block)) return block
			const [token] = lex(block.raw, definitions).tokens
			return token === undefined ? block : { ...block, token }
		})
	}
}

function lex(
	text: string,
	known: Definitions,
): { readonly tokens: readonly Token[]; readonly definitions: Definitions } {
	const lexer = new Lexer(marked.defaults)
	Object.assign(lexer.tokens.links, known)
	const tokens = lexer.lex(text)
	return { tokens, definitions: tokens.links as Definitions }
}

function locate(tokens: readonly Token[], begin: number): readonly MarkdownBlock[] {
	let offset = begin
	return tokens.map((token) => {
		const block = { offset, raw: token.raw, token }
		offset += token.raw.length
		return block
	})
}

/** The first definition of a label counts. */
function collectDefinitions(token: Token, definitions: Definitions): void {
	if (token.type === 'def') definitions[token.tag] ??= { href: token.href, title: token.title }
	if (token.type === 'blockquote' || token.type === 'list_item')
		for (const inner of token.tokens ?? []) collectDefinitions(inner, definitions)
	if (token.type === 'list') for (const item of (token as Tokens.List).items) collectDefinitions(item, definitions)
}
