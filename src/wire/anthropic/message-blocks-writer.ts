// Writes the content of messages as blocks of this wire. It does not know the order of messages.

import { ChatError } from '../../chat/error.ts'
import type { JsonObject } from '../../chat/json.ts'
import type { FilePart, ImagePart, TextPart, UserPart } from '../../chat/message.ts'
import { resultsOf, visitInSteps } from '../../system/resumable.ts'
import { withBlockRest } from './block-rest.ts'
import { writeCacheMark } from './cache-marks.ts'

export type WrittenBlock = JsonObject

/** Whether the wire accepts a text block with this text. */
export function isSendable({ text }: { readonly text: string }, keepsBlank: boolean): boolean {
	return text !== '' && (keepsBlank || text.trim() !== '')
}

/**
 * The wire rejects blank text blocks, so they are omitted.
 *
 * @throws ChatError `unsupported` for audio.
 */
export function writeBlocks(parts: readonly UserPart[]): readonly WrittenBlock[] {
	const blocks: WrittenBlock[] = resultsOf(parts, 'blocks')
	visitInSteps(parts, 'blocks', (part) => {
		if (part.type !== 'text' || isSendable(part, false)) blocks.push(writeBlock(part))
	})
	return blocks
}

function writeBlock(part: UserPart): WrittenBlock {
	switch (part.type) {
		case 'text':
			return writeText(part)
		case 'image':
			return writeImage(part)
		case 'file':
			return writeDocument(part)
		case 'provider-item':
			return part.item
		case 'audio':
			throw new ChatError('unsupported', 'This model does not support audio input.', { param: 'messages' })
		default:
			return part satisfies never
	}
}

export function writeText({ text, cacheMark, rest }: TextPart): WrittenBlock {
	return { type: 'text', text, ...writeCacheMark(cacheMark), ...rest?.fields }
}

function writeImage({ url, cacheMark, rest }: ImagePart): WrittenBlock {
	const inline = readDataUrl(url)
	const source =
		inline === undefined ? { type: 'url', url } : { type: 'base64', media_type: inline.type, data: inline.data }
	return withBlockRest({ type: 'image', source, ...writeCacheMark(cacheMark) }, rest)
}

function writeDocument({ id, name, data, url, cacheMark, rest }: FilePart): WrittenBlock {
	const source = writeSource(id, data, url)
	return withBlockRest({ type: 'document', source, title: name, ...writeCacheMark(cacheMark) }, rest)
}

function writeSource(id: string | undefined, data: string | undefined, url: string | undefined): JsonObject {
	if (id !== undefined) return { type: 'file', file_id: id }
	if (url !== undefined) return { type: 'url', url }
	const inline = readDataUrl(data ?? '')
	if (inline?.type === 'text/plain')
		return { type: 'text', media_type: inline.type, data: Buffer.from(inline.data, 'base64').toString() }
	if (inline !== undefined) return { type: 'base64', media_type: inline.type, data: inline.data }
	throw new ChatError('unsupported', 'A file must be an id, a URL or a base64 data URL.', { param: 'messages' })
}

function readDataUrl(url: string): { readonly type: string; readonly data: string } | undefined {
	const [, type, data] = /^data:([^;,]+)(?:;[^,]*)?;base64,(.*)$/s.exec(url) ?? []
	return type === undefined || data === undefined ? undefined : { type, data }
}
