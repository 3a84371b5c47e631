// Images, audio and files as parts of a turn: bytes in the part, or a URI that the upstream fetches.

import { isObject, type JsonObject } from '../../chat/json.ts'
import type { AudioPart, FilePart, ImagePart } from '../../chat/message.ts'
import { type Rest, restOf } from '../../chat/rest.ts'
import { textField } from '../json/fields.ts'
import { mediaTypeOf, readDataUrl, urlOf } from '../media/media-url.ts'

/** @throws ChatError `unsupported` for a file id, which this upstream does not know. */
export function writeMedia(part: ImagePart | AudioPart | FilePart, param: string): JsonObject {
	switch (part.type) {
		case 'image':
		case 'file':
			return { ...part.rest?.fields, ...writeUrl(urlOf(part, param), param) }
		case 'audio':
			return { ...part.rest?.fields, inlineData: { mimeType: `audio/${part.format}`, data: part.data } }
		default:
			return part satisfies never
	}
}

/** Reads a part with the bytes of an image or of audio. Undefined for any other part. */
export function readMedia({ wire, fields }: Rest): ImagePart | AudioPart | undefined {
	const { inlineData, ...others } = fields
	if (!isObject(inlineData)) return undefined
	const [, kind, format] = /^(image|audio)\/([\w.+-]+)$/.exec(textField(inlineData, 'mimeType') ?? '') ?? []
	const data = textField(inlineData, 'data')
	// Other fields of the bytes, such as their name, have no canonical form.
	if (kind === undefined || format === undefined || data === undefined || Object.keys(inlineData).length > 2)
		return undefined
	const rest = restOf(wire, others)
	if (kind === 'audio') return { type: 'audio', data, format, rest }
	return { type: 'image', url: `data:image/${format};base64,${data}`, rest }
}

/** Without a media type the upstream detects it. */
function writeUrl(url: string, param: string): JsonObject {
	const inline = readDataUrl(url, param)
	if (inline === undefined) return { fileData: { mimeType: mediaTypeOf(url), fileUri: url } }
	return { inlineData: { mimeType: inline.mediaType, data: inline.data } }
}
