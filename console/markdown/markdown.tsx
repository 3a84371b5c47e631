// Renders Markdown as elements, never as HTML text: HTML in an answer is shown as it was written, so nothing in it can run.

import type { Token, Tokens } from 'marked'
import { type ComponentChildren, createElement } from 'preact'
import { memo } from 'preact/compat'
import { useRef } from 'preact/hooks'
import { text } from '../languages/languages.ts'
import { type MarkdownBlock, MarkdownBlocks } from './blocks.ts'
import { CodeBlock } from './code-block.tsx'
import { decodeEntities } from './entities.ts'

export interface MarkdownProps {
	readonly source: string
	/** Whether the text still grows: unfinished marks at its end are then rendered as if they were complete. */
	readonly open: boolean
}

export function Markdown({ source, open }: MarkdownProps) {
	const blocks = useRef(new MarkdownBlocks())
	const shown = blocks.current.read(open ? closeMarks(source) : source)
	const last = shown.at(-1)
	return (
		<div class="markdown">
			{shown.map((block) => (
				<Block key={block.offset} block={block} open={open && block === last} />
			))}
		</div>
	)
}

/** Closes `**`, `__` and code spans that the last line opens. A fence closes with the text. */
function closeMarks(source: string): string {
	const line = source.slice(source.lastIndexOf('\n') + 1)
	if (line.length > 2000 || /^\s*(```|~~~)/.test(line)) return source
	const withoutCode = line.replace(/`[^`]*`/g, '')
	const openCode = withoutCode.includes('`')
	if (openCode) return source.endsWith('`') ? source.slice(0, -1) : `${source}\``
	const strong = withoutCode.split('**').length - 1
	if (strong % 2 === 0) return source
	return source.endsWith('**') ? source.slice(0, -2) : `${source.trimEnd()}**`
}

interface BlockProps {
	readonly block: MarkdownBlock
	readonly open: boolean
}

const Block = memo(
	({ block, open }: BlockProps) => <>{renderToken(block.token, open)}</>,
	(former, next) => former.block === next.block && former.open === next.open,
)

function renderToken(token: Token, open = false): ComponentChildren {
	switch (token.type) {
		case 'space':
		case 'def':
			return null
		case 'heading':
			// The screen has its own first heading: those of an answer are one level below.
			return createElement(`h${Math.min(6, token.depth + 1)}`, { class: `level-${token.depth}` }, inline(token.tokens))
		case 'paragraph':
			return <p>{inline(token.tokens)}</p>
		case 'blockquote':
			return <blockquote>{blocksOf(token.tokens)}</blockquote>
		case 'list':
			return renderList(token as Tokens.List)
		case 'code':
			return <CodeBlock language={token.lang ?? ''} code={token.text} open={open} />
		case 'hr':
			return <hr />
		case 'table':
			return renderTable(token as Tokens.Table)
		case 'html':
			return <p>{token.raw.trim()}</p>
		case 'text':
			return token.tokens === undefined ? decodeEntities(token.text) : inline(token.tokens)
		default:
			return inline([token])
	}
}

const blocksOf = (tokens: readonly Token[] | undefined): ComponentChildren =>
	(tokens ?? []).map((token) => renderToken(token))

function renderList({ ordered, start, items }: Tokens.List): ComponentChildren {
	const rendered = items.map((item) => (
		<li>
			{item.task && <input type="checkbox" checked={item.checked === true} disabled />}
			{blocksOf(item.tokens)}
		</li>
	))
	return ordered ? <ol start={start === '' ? 1 : start}>{rendered}</ol> : <ul>{rendered}</ul>
}

function renderTable({ header, rows, align }: Tokens.Table): ComponentChildren {
	const classOf = (column: number) => (align[column] == null ? undefined : `align-${align[column]}`)
	return (
		// biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable with the keyboard
		<section class="scroll" tabIndex={0} aria-label={text.value.table}>
			<table>
				<thead>
					<tr>
						{header.map((cell, column) => (
							<th scope="col" class={classOf(column)}>
								{inline(cell.tokens)}
							</th>
						))}
					</tr>
				</thead>
				<tbody>
					{rows.map((row) => (
						<tr>
							{row.map((cell, column) => (
								<td class={classOf(column)}>{inline(cell.tokens)}</td>
							))}
						</tr>
					))}
				</tbody>
			</table>
		</section>
	)
}

function inline(tokens: readonly Token[] | undefined): ComponentChildren {
	return (tokens ?? []).map(renderInline)
}

function renderInline(token: Token): ComponentChildren {
	switch (token.type) {
		case 'strong':
			return <strong>{inline(token.tokens)}</strong>
		case 'em':
			return <em>{inline(token.tokens)}</em>
		case 'del':
			return <del>{inline(token.tokens)}</del>
		case 'codespan':
			return <code>{token.text}</code>
		case 'br':
			return <br />
		case 'link':
			return <Link address={token.href}>{inline(token.tokens)}</Link>
		case 'image':
			return <Link address={token.href}>{pictureText(token.text, token.href)}</Link>
		case 'escape':
			return token.text
		case 'text':
			return token.tokens === undefined ? decodeEntities(token.text) : inline(token.tokens)
		case 'html':
			return /^<br\s*\/?>$/i.test(token.raw.trim()) ? <br /> : token.raw
		default:
			return token.raw
	}
}

/** Pictures of other servers are not loaded: an address could carry the conversation there. */
function pictureText(label: string, address: string): string {
	const note = text.value.pictureNotLoaded(hostOf(address))
	return label === '' ? note : `${label} (${note})`
}

function hostOf(address: string): string {
	return URL.canParse(address) ? new URL(address).host : address.slice(0, 60)
}

const safeSchemes: ReadonlySet<string> = new Set(['http:', 'https:', 'mailto:'])

function Link({ address, children }: { readonly address: string; readonly children: ComponentChildren }) {
	if (!URL.canParse(address) || !safeSchemes.has(new URL(address).protocol)) return <>{children}</>
	return (
		<a href={address} title={address} target="_blank" rel="noopener noreferrer">
			{children}
		</a>
	)
}
