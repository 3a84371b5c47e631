// URLs of images and files: the content of a `data:` URL, and the media type for a file extension. Nothing is fetched
// here.

import { ChatError } from '../../chat/error.ts'
import type { FilePart, ImagePart } from '../../chat/message.ts'

export interface InlineData {
	readonly mediaType: string
	/** Base64. */
	readonly data: string
}

/**
 * Where the content of an image or a file is.
 * @throws ChatError `unsupported` for a file by id, which this server does not store.
 */
export function urlOf(part: ImagePart | FilePart, param: string): string {
	const url = part.type === 'image' ? part.url : (part.data ?? part.url)
	if (url !== undefined) return url
	throw new ChatError('unsupported', 'This upstream accepts files inline or by URL, not by id.', { param })
}

/**
 * Reads a `data:` URL; undefined for any other URL.
 *
 * @param param the request field that contains the URL.
 * @throws ChatError `invalid-request` for a malformed `data:` URL.
 */
export function readDataUrl(url: string, param: string): InlineData | undefined {
	if (!/^data:/i.test(url)) return undefined
	const comma = url.indexOf(',')
	const [, type = ''] = /^data:([^;,]*)(?:;[^,]*)?,$/i.exec(url.slice(0, comma + 1)) ?? []
	if (comma < 0)
		throw new ChatError('invalid-request', 'Invalid data URL: expected data:[<media type>][;base64],<data>.', { param })
	const isBase64 = /;base64$/i.test(url.slice(0, comma))
	const text = url.slice(comma + 1)
	return {
		mediaType: type === '' ? 'text/plain' : type.toLowerCase(),
		data: isBase64 ? text : Buffer.from(decoded(text, param)).toString('base64'),
	}
}

function decoded(text: string, param: string): string {
	try {
		return decodeURIComponent(text)
	} catch (cause) {
		throw new ChatError('invalid-request', 'Invalid data URL: expected data:[<media type>][;base64],<data>.', {
			param,
			cause,
		})
	}
}

/** The media type for the file extension of a URL's path; undefined if the extension is unknown. */
export function mediaTypeOf(url: string): string | undefined {
	const [, ending = ''] = /\.([a-z0-9]+)(?:[?#].*)?$/i.exec(url) ?? []
	return types[ending.toLowerCase()]
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
	mp3: 'audio/mpeg',
	flac: 'audio/flac',
	ogg: 'audio/ogg',
	mp4: 'video/mp4',
	webm: 'video/webm',
}
