// Renders Markdown as elements, never as HTML text: HTML in an answer is shown as it was written, so nothing in it can run.

import type { Token, Tokens } from 'marked'
import { type ComponentChildren, createElement } from 'preact'
import { text } from '../languages/languages.ts'
import { memo } from '../parts/memo.tsx'
import type { MarkdownBlock } from './blocks.ts'
import { CodeBlock, languageName } from './code-block.tsx'
import { Diagram } from './diagram.tsx'
import { decodeEntities } from './entities.ts'
import { Link } from './link.tsx'
import type { MathsToken } from './maths.ts'
import { MathsView } from './maths-view.tsx'
import { Table } from './table.tsx'
import { useBlocks } from './use-blocks.ts'

export interface MarkdownProps {
	readonly source: string
	/** Whether the text still grows: unfinished marks at its end are then rendered as if they were complete. */
	readonly open: boolean
}

export function Markdown({ source, open: grows }: MarkdownProps) {
	const { blocks: shown, open } = useBlocks(source, grows)
	const last = shown.at(-1)
	return (
		<div class={open ? 'markdown open' : 'markdown'}>
			{shown.map((block) => (
				<Block key={block.offset} block={block} open={open && block === last} />
			))}
		</div>
	)
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
		case 'checkbox':
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
			return languageName(token.lang ?? '').toLowerCase() === 'mermaid' ? (
				<Diagram code={token.text} open={open} />
			) : (
				<CodeBlock language={token.lang ?? ''} code={token.text} open={open} />
			)
		case 'hr':
			return <hr />
		case 'table':
			return <Table table={token as Tokens.Table} renderCell={(cell) => inline(cell.tokens)} />
		case 'maths':
			return <p>{renderInline(token)}</p>
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
	const rendered = items.map((item, index) => <Item key={index} item={item} />)
	return ordered ? <ol start={start === '' ? 1 : start}>{rendered}</ol> : <ul>{rendered}</ul>
}

/** An item of a long list that grows is rendered again only if it changed itself. */
const Item = memo(
	({ item }: { readonly item: Tokens.ListItem }) => (
		<li class={item.task ? 'task' : undefined}>
			{item.task && (
				<input
					type="checkbox"
					checked={item.checked === true}
					disabled
					aria-label={item.checked === true ? text.value.taskDone : text.value.taskOpen}
				/>
			)}
			{blocksOf(item.tokens)}
		</li>
	),
	({ item: former }, { item }) =>
		former === item || (!item.raw.includes('[') && former.raw === item.raw && former.loose === item.loose),
)

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
		case 'maths': {
			const { tex, display, unfinished } = token as MathsToken
			return <MathsView tex={tex} display={display} unfinished={unfinished} />
		}
		case 'checkbox':
			return null
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
