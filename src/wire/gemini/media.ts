// Images, sounds and files as parts of a turn: bytes in the request, or a URI that the upstream fetches itself.

import { ChatError } from '../../chat/error.ts'
import type { JsonObject } from '../../chat/json.ts'
import type { AudioPart, FilePart, ImagePart } from '../../chat/message.ts'

type MediaPart = ImagePart | AudioPart | FilePart

/** @throws ChatError `unsupported` for a file that is named by an id, which means nothing to this upstream. */
export function writeMedia(part: MediaPart, param: string): JsonObject {
	switch (part.type) {
		case 'image':
			return writeUrl(part.url, param)
		case 'audio':
			return { inlineData: { mimeType: `audio/${part.format}`, data: part.data } }
		case 'file': {
			const url = part.data ?? part.url
			if (url === undefined)
				throw new ChatError('unsupported', 'This upstream takes files inline or by URL, not by id.', { param })
			return writeUrl(url, param)
		}
	}
}

function writeUrl(url: string, param: string): JsonObject {
	if (!/^data:/i.test(url)) return { fileData: { mimeType: typeOfName(url), fileUri: url } }
	const [, type, coding, text] = /^data:([^;,]*)(?:;[^;,]*=[^;,]*)*(;base64)?,(.*)$/is.exec(url) ?? []
	if (type === undefined || text === undefined)
		throw new ChatError('invalid-request', 'This data URL cannot be read.', { param })
	const data = coding === undefined ? Buffer.from(decoded(text, param)).toString('base64') : text
	return { inlineData: { mimeType: type === '' ? 'text/plain' : type, data } }
}

function decoded(text: string, param: string): string {
	try {
		return decodeURIComponent(text)
	} catch (cause) {
		throw new ChatError('invalid-request', 'This data URL cannot be read.', { param, cause })
	}
}

const types: Readonly<Record<string, string>> = {
	png: 'image/png',
	jpg: 'image/jpeg',
	jpeg: 'image/jpeg',
	webp: 'image/webp',
	gif: 'image/gif',
	heic: 'image/heic',
	heif: 'image/heif',
	pdf: 'application/pdf',
	txt: 'text/plain',
	md: 'text/markdown',
	csv: 'text/csv',
	html: 'text/html',
	json: 'application/json',
	wav: 'audio/wav',
	mp3: 'audio/mp3',
	flac: 'audio/flac',
	ogg: 'audio/ogg',
	mp4: 'video/mp4',
	webm: 'video/webm',
}

/** Undefined leaves it to the upstream. */
function typeOfName(url: string): string | undefined {
	const [, ending = ''] = /\.([a-z0-9]+)(?:[?#].*)?$/i.exec(url) ?? []
	return types[ending.toLowerCase()]
}
