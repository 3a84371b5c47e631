// Images, audio and files as parts of a turn: bytes in the request, or a URI that the upstream fetches.

import { ChatError } from '../../chat/error.ts'
import type { JsonObject } from '../../chat/json.ts'
import type { AudioPart, FilePart, ImagePart } from '../../chat/message.ts'
import { mediaTypeOf, readDataUrl } from '../media/media-url.ts'

/** @throws ChatError `unsupported` for a file id, which this upstream does not know. */
export function writeMedia(part: ImagePart | AudioPart | FilePart, param: string): JsonObject {
	switch (part.type) {
		case 'image':
			return writeUrl(part.url, param)
		case 'audio':
			return { inlineData: { mimeType: `audio/${part.format}`, data: part.data } }
		case 'file': {
			const url = part.data ?? part.url
			if (url === undefined)
				throw new ChatError('unsupported', 'This upstream accepts files inline or by URL, not by id.', { param })
			return writeUrl(url, param)
		}
	}
}

/** Without a media type the upstream detects it. */
function writeUrl(url: string, param: string): JsonObject {
	const inline = readDataUrl(url, param)
	if (inline === undefined) return { fileData: { mimeType: mediaTypeOf(url), fileUri: url } }
	return { inlineData: { mimeType: inline.mediaType, data: inline.data } }
}
