// Reads the content blocks of a request into canonical parts. Text documents and search results become text under their
// title, which every model understands. Blocks of unknown types become provider items.

import type { JsonObject } from '../../chat/json.ts'
import type {
	CacheMark,
	CacheTtl,
	ImagePart,
	ProviderItem,
	Substitute,
	TextPart,
	ToolPart,
} from '../../chat/message.ts'
import { writePath } from '../json/schema-issue.ts'
import { readBlockRest, readRest } from './block-rest.ts'
import { messagesWire } from './formats.ts'
import type { BlockBody, ResultContentBody } from './message-request-schema.ts'
import { unsupportedError } from './schema-error.ts'

/** Content blocks of any role. */
export type ContentBody =
	| Extract<BlockBody, { type: 'text' | 'image' | 'document' | 'search_result' | 'other' }>
	| ResultContentBody[number]
type ImageBody = Extract<ContentBody, { type: 'image' }>
type DocumentBody = Extract<ContentBody, { type: 'document' }>
type DocumentContentBody = Extract<DocumentBody['source'], { type: 'content' }>['content']
type SearchResultBody = Extract<ContentBody, { type: 'search_result' }>

type BlockPath = readonly PropertyKey[]

/** Reads content and records the features that a canonical request cannot represent. */
export class BlockReader {
	readonly dropped = new Set<string>()

	/**
	 * @param path of the blocks in the body
	 * @throws ChatError `unsupported` for content that no model can receive
	 */
	content(blocks: string | readonly ContentBody[], path: BlockPath): readonly ToolPart[] {
		if (typeof blocks === 'string') return [{ type: 'text', text: blocks }]
		return blocks.flatMap((block, index) => this.block(block, [...path, index]))
	}

	texts(blocks: string | readonly Extract<ContentBody, { type: 'text' }>[]): readonly TextPart[] {
		return typeof blocks === 'string' ? [{ type: 'text', text: blocks }] : blocks.map((block) => this.text(block))
	}

	text(block: Extract<ContentBody, { type: 'text' }>): TextPart {
		const { text, cache_control } = block
		return { type: 'text', text, ...readCacheMark(cache_control), rest: readBlockRest('text', block) }
	}

	private block(block: ContentBody, path: BlockPath): readonly ToolPart[] {
		switch (block.type) {
			case 'text':
				return [this.text(block)]
			case 'image': {
				const lost = lostInSource(block.source)
				const image = readImage(block, path)
				return lost.length === 0 ? [image] : [itemOf(block, { parts: [image], lost })]
			}
			case 'document':
				return this.document(block, path)
			case 'search_result':
				return citing(block, [readSearchResult(block)], [...lostIn(block, searchResultFields), ...lostInTexts(block)])
			case 'tool_reference': {
				const { tool_name: text, cache_control } = block
				return [itemOf(block, { parts: [{ type: 'text', text, ...readCacheMark(cache_control) }] })]
			}
			case 'other':
				return [readItem(block)]
			default:
				return block satisfies never
		}
	}

	private document(block: DocumentBody, path: BlockPath): readonly ToolPart[] {
		const { source, title, context, cache_control } = block
		const mark = readCacheMark(cache_control)
		const lost = lostInSource(source)
		if (source.type === 'text') {
			const text = headed({ title, context }, source.data)
			return citing(block, [{ type: 'text', text, ...mark }], [...lostIn(block, documentFields), ...lost])
		}
		if (source.type === 'content') {
			const parts = this.documentContent(source.content, [...path, 'source', 'content'])
			const marked = markLast([...heading({ title, context }), ...parts], mark)
			return citing(block, marked, [...lostIn(block, documentFields), ...lost])
		}
		for (const name of lost) this.dropped.add(writePath([...path, name]))
		const name = title ?? undefined
		const rest = readBlockRest('document', block)
		switch (source.type) {
			case 'base64':
				return [{ type: 'file', name, data: dataUrl(source), ...mark, rest }]
			case 'url':
				return [{ type: 'file', name, url: source.url, ...mark, rest }]
			case 'file':
				return [{ type: 'file', name, id: source.file_id, ...mark, rest }]
		}
	}

	private documentContent(content: DocumentContentBody, path: BlockPath): readonly (TextPart | ImagePart)[] {
		if (typeof content === 'string') return this.texts(content)
		return content.map((block, index) =>
			block.type === 'text' ? this.text(block) : readImage(block, [...path, index]),
		)
	}
}

function readSearchResult({ title, source, content, cache_control }: SearchResultBody): TextPart {
	const text = headed({ title, source }, content.map((part) => part.text).join('\n'))
	return { type: 'text', text, ...readCacheMark(cache_control) }
}

const documentFields: ReadonlySet<string> = new Set([
	...['type', 'source', 'title', 'context', 'citations', 'cache_control'],
])
const searchResultFields: ReadonlySet<string> = new Set([
	...['type', 'source', 'title', 'content', 'citations', 'cache_control'],
])
const sourceFields: ReadonlySet<string> = new Set(['type', 'media_type', 'data', 'url', 'file_id', 'content'])

/** Unknown fields of a block that becomes text. */
function lostIn(block: object, known: ReadonlySet<string>): readonly string[] {
	return Object.keys(readRest(block, known)?.fields ?? {})
}

function lostInSource(source: object): readonly string[] {
	return lostIn(source, sourceFields).map((name) => `source.${name}`)
}

/** Fields of the texts of a search result, which its only part cannot have. */
function lostInTexts({ content }: SearchResultBody): readonly string[] {
	return content.flatMap((text, index) => {
		const names = Object.keys(readBlockRest('text', text)?.fields ?? {})
		if (text.cache_control != null && !names.includes('cache_control')) names.push('cache_control')
		return names.map((name) => `content[${index}].${name}`)
	})
}

/**
 * The parts of a block. Only this wire cites blocks, so one with citations has to arrive there unchanged.
 *
 * @param others paths of further fields that the parts cannot have.
 */
function citing(
	block: DocumentBody | SearchResultBody,
	parts: readonly (TextPart | ImagePart)[],
	others: readonly string[] = [],
): readonly ToolPart[] {
	const lost = block.citations?.enabled === true ? ['citations', ...others] : others
	return lost.length === 0 ? parts : [itemOf(block, { parts, lost })]
}

function itemOf(block: ContentBody, substitute: Substitute): ProviderItem {
	return { type: 'provider-item', wire: messagesWire, item: block as JsonObject, substitute }
}

/** A block without a canonical form. */
export function readItem({ item }: Extract<ContentBody, { type: 'other' }>): ProviderItem {
	return { type: 'provider-item', wire: messagesWire, item }
}

function readImage(block: ImageBody, path: BlockPath): ImagePart {
	const { source } = block
	const mark = readCacheMark(block.cache_control)
	const rest = readBlockRest('image', block)
	switch (source.type) {
		case 'base64':
			return { type: 'image', url: dataUrl(source), ...mark, rest }
		case 'url':
			return { type: 'image', url: source.url, ...mark, rest }
		case 'file':
			throw unsupportedError(
				[...path, 'source'],
				'Images must be base64 or a URL: this server does not store files, so file_id is not supported.',
			)
	}
}

interface CacheControlBody {
	readonly ttl?: CacheTtl | null | undefined
	readonly scope?: string | null | undefined
}

export function readCacheMark(control: CacheControlBody | null | undefined): { readonly cacheMark?: CacheMark } {
	if (control == null) return {}
	const ttl = control.ttl ?? undefined
	const scope = control.scope ?? undefined
	if (scope !== undefined) return { cacheMark: { ttl, scope } }
	return { cacheMark: ttl ?? {} }
}

function dataUrl(source: { readonly media_type: string; readonly data: string }): string {
	return `data:${source.media_type};base64,${source.data}`
}

interface Headed {
	readonly title?: string | null | undefined
	readonly source?: string
	readonly context?: string | null | undefined
}

function headed(headers: Headed, text: string): string {
	const [head] = heading(headers)
	return head === undefined ? text : `${head.text}\n\n${text}`
}

function heading({ title, source, context }: Headed): readonly TextPart[] {
	const lines = [
		...(title == null ? [] : [`Title: ${title}`]),
		...(source === undefined ? [] : [`Source: ${source}`]),
		...(context == null ? [] : [`Context: ${context}`]),
	]
	return lines.length === 0 ? [] : [{ type: 'text', text: lines.join('\n') }]
}

function markLast(
	parts: readonly (TextPart | ImagePart)[],
	mark: ReturnType<typeof readCacheMark>,
): readonly (TextPart | ImagePart)[] {
	const last = parts.at(-1)
	return last === undefined ? parts : [...parts.slice(0, -1), { ...last, ...mark }]
}
