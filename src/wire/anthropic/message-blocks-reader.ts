// Content blocks of a request read into canonical parts. Documents of text and search results become text with their title before it,
// since that is what every model understands.

import type { CacheLife, FilePart, ImagePart, TextPart } from '../../chat/message.ts'
import type { BlockBody, ResultContentBody } from './message-request-schema.ts'
import { unsupportedError } from './schema-error.ts'

export type ContentPart = TextPart | ImagePart | FilePart

/** Blocks that are content, whoever says them. */
export type ContentBody =
	| Extract<BlockBody, { type: 'text' | 'image' | 'document' | 'search_result' }>
	| ResultContentBody[number]
type ImageBody = Extract<ContentBody, { type: 'image' }>
type DocumentBody = Extract<ContentBody, { type: 'document' }>
type SearchResultBody = Extract<ContentBody, { type: 'search_result' }>

type Path = readonly PropertyKey[]

/** Reads content, and remembers what of it no canonical request can carry. */
export class BlockReader {
	readonly dropped = new Set<string>()

	/**
	 * @param path where the blocks stand in the body
	 * @throws ChatError `unsupported` for what cannot be brought to any model
	 */
	content(blocks: string | readonly ContentBody[], path: Path): readonly ContentPart[] {
		if (typeof blocks === 'string') return [{ type: 'text', text: blocks }]
		return blocks.flatMap((block, index) => this.block(block, [...path, index]))
	}

	texts(blocks: string | readonly Extract<ContentBody, { type: 'text' }>[]): readonly TextPart[] {
		return typeof blocks === 'string' ? [{ type: 'text', text: blocks }] : blocks.map((block) => this.text(block))
	}

	text({ text, citations, cache_control }: Extract<ContentBody, { type: 'text' }>): TextPart {
		if (citations != null && citations.length > 0) this.dropped.add('citations')
		return { type: 'text', text, ...readCacheMark(cache_control) }
	}

	private block(block: ContentBody, path: Path): readonly ContentPart[] {
		switch (block.type) {
			case 'text':
				return [this.text(block)]
			case 'image':
				return [readImage(block, path)]
			case 'document':
				return this.document(block, path)
			case 'search_result':
				return [this.searchResult(block)]
			case 'tool_reference':
				return [{ type: 'text', text: block.tool_name }]
		}
	}

	private document(block: DocumentBody, path: Path): readonly ContentPart[] {
		const { source, title, context, citations, cache_control } = block
		if (citations?.enabled === true) this.dropped.add('citations')
		const mark = readCacheMark(cache_control)
		if (source.type === 'text') return [{ type: 'text', text: headed({ title, context }, source.data), ...mark }]
		if (source.type === 'content') {
			const parts = this.content(source.content, [...path, 'source', 'content'])
			return markLast([...heading({ title, context }), ...parts], mark)
		}
		const named = title == null ? {} : { name: title }
		const before = context == null ? [] : heading({ context })
		switch (source.type) {
			case 'base64':
				return [...before, { type: 'file', ...named, data: dataUrl(source), ...mark }]
			case 'url':
				return [...before, { type: 'file', ...named, url: source.url, ...mark }]
			case 'file':
				return [...before, { type: 'file', ...named, id: source.file_id, ...mark }]
		}
	}

	private searchResult({ title, source, content, citations, cache_control }: SearchResultBody): TextPart {
		if (citations?.enabled === true) this.dropped.add('citations')
		const text = headed({ title, source }, content.map((part) => part.text).join('\n'))
		return { type: 'text', text, ...readCacheMark(cache_control) }
	}
}

function readImage({ source, cache_control }: ImageBody, path: Path): ImagePart {
	const mark = readCacheMark(cache_control)
	switch (source.type) {
		case 'base64':
			return { type: 'image', url: dataUrl(source), ...mark }
		case 'url':
			return { type: 'image', url: source.url, ...mark }
		case 'file':
			throw unsupportedError(
				[...path, 'source'],
				'Images are taken as base64 or by URL. This server keeps no files, so a file_id names nothing.',
			)
	}
}

export function readCacheMark(control: { readonly ttl?: CacheLife | null | undefined } | null | undefined): {
	readonly cacheMark?: CacheLife
} {
	return control == null ? {} : { cacheMark: control.ttl ?? '5m' }
}

function dataUrl(source: { readonly media_type: string; readonly data: string }): string {
	return `data:${source.media_type};base64,${source.data}`
}

interface Headed {
	readonly title?: string | null | undefined
	readonly source?: string
	readonly context?: string | null | undefined
}

function headed(said: Headed, text: string): string {
	const [head] = heading(said)
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

function markLast(parts: readonly ContentPart[], mark: ReturnType<typeof readCacheMark>): readonly ContentPart[] {
	const last = parts.at(-1)
	return last === undefined ? parts : [...parts.slice(0, -1), { ...last, ...mark }]
}
