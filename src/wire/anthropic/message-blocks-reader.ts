// Reads the content blocks of a request into canonical parts. Text documents and search results become text under their
// title, which every model understands. Blocks of unknown types become provider items.

import type { JsonObject } from '../../chat/json.ts'
import { exactMembers } from '../../chat/json-text.ts'
import type {
	CacheMark,
	CacheTtl,
	ImagePart,
	ProviderItem,
	Substitute,
	TextPart,
	ToolPart,
} from '../../chat/message.ts'
import { mergeRest } from '../../chat/rest.ts'
import { mapInSteps } from '../../system/resumable.ts'
import { readBlockRest } from './block-rest.ts'
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
		return mapInSteps(blocks, 'blocks', (block, index) => this.block(block, [...path, index])).flat()
	}

	texts(blocks: string | readonly Extract<ContentBody, { type: 'text' }>[]): readonly TextPart[] {
		return typeof blocks === 'string'
			? [{ type: 'text', text: blocks }]
			: mapInSteps(blocks, 'texts', (block) => this.text(block))
	}

	text(block: Extract<ContentBody, { type: 'text' }>): TextPart {
		const { text, cache_control } = block
		return { type: 'text', text, ...readCacheMark(cache_control), rest: readBlockRest('text', block) }
	}

	private block(block: ContentBody, path: BlockPath): readonly ToolPart[] {
		switch (block.type) {
			case 'text':
				return [this.text(block)]
			case 'image':
				return [readImage(block, path)]
			case 'document':
				return this.document(block, path)
			case 'search_result':
				return searchable(block, [readSearchResult(block)], lostInTexts(block))
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
		if (source.type === 'text')
			return searchable(block, [{ type: 'text', text: headed({ title, context }, source.data), ...mark }])
		if (source.type === 'content') {
			const parts = this.documentContent(source.content, [...path, 'source', 'content'])
			return searchable(block, markLast([...heading({ title, context }), ...parts], mark))
		}
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
		return mapInSteps(content, 'content', (block, index) =>
			block.type === 'text' ? this.text(block) : readImage(block, [...path, index]),
		)
	}
}

function readSearchResult({ title, source, content, cache_control }: SearchResultBody): TextPart {
	const text = headed({ title, source }, content.map((part) => part.text).join('\n'))
	return { type: 'text', text, ...readCacheMark(cache_control) }
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
 * The parts of a block that other wires receive as text. Only this wire cites blocks and knows their other fields, so
 * one with any of them has to arrive there unchanged.
 *
 * @param others paths of further fields that the parts cannot have.
 */
function searchable(
	block: DocumentBody | SearchResultBody,
	parts: readonly (TextPart | ImagePart)[],
	others: readonly string[] = [],
): readonly ToolPart[] {
	const lost = block.citations?.enabled === true ? ['citations', ...others] : others
	const rest = readBlockRest('searchable', block)
	if (lost.length === 0 && rest === undefined) return parts
	const [first, ...following] = parts
	const shown = first === undefined ? [] : [{ ...first, rest: mergeRest(first.rest, rest) }, ...following]
	return [itemOf(block, { parts: shown, lost })]
}

function itemOf(block: ContentBody, substitute: Substitute): ProviderItem {
	return { type: 'provider-item', wire: messagesWire, item: exactMembers(block) as JsonObject, substitute }
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
