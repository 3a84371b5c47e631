// Images, audio and files as parts of a turn: bytes in the request, or a URI that the upstream fetches.

import type { JsonObject } from '../../chat/json.ts'
import type { AudioPart, FilePart, ImagePart } from '../../chat/message.ts'
import { mediaTypeOf, readDataUrl, urlOf } from '../media/media-url.ts'

/** @throws ChatError `unsupported` for a file id, which this upstream does not know. */
export function writeMedia(part: ImagePart | AudioPart | FilePart, param: string): JsonObject {
	switch (part.type) {
		case 'image':
		case 'file':
			return writeUrl(urlOf(part, param), param)
		case 'audio':
			return { inlineData: { mimeType: `audio/${part.format}`, data: part.data } }
	}
}

/** Without a media type the upstream detects it. */
function writeUrl(url: string, param: string): JsonObject {
	const inline = readDataUrl(url, param)
	if (inline === undefined) return { fileData: { mimeType: mediaTypeOf(url), fileUri: url } }
	return { inlineData: { mimeType: inline.mediaType, data: inline.data } }
}
