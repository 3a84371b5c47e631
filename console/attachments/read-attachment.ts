// Reads a file as text, as the text of a PDF, or as a picture, by its content rather than by its name.

import { type AttachmentContent, attachmentBounds, type RefusalReason } from './attachment.ts'
import { readPdf } from './pdf-text.ts'
import { readPicture } from './picture.ts'

const pictureTypes: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/webp'])

/** Failures are content of type `refused`. */
export async function readAttachment(file: File): Promise<AttachmentContent> {
	if (file.size === 0) return refuse('empty')
	const head = new Uint8Array(await file.slice(0, 12).arrayBuffer())
	const type = typeOf(head)
	if (type === 'application/pdf')
		return file.size > attachmentBounds.pdfBytes ? refuse('pdf-size') : readPdf(await file.arrayBuffer())
	if (type !== undefined && pictureTypes.has(type))
		return file.size > attachmentBounds.pictureFileBytes ? refuse('picture-size') : readPicture(file)
	return readText(file)
}

export const refuse = (reason: RefusalReason): AttachmentContent => ({ type: 'refused', reason })

async function readText(file: File): Promise<AttachmentContent> {
	// Large files of other types are not read for the sake of their reason.
	const tooLarge = file.size > attachmentBounds.textBytes
	const bytes = await file.slice(0, tooLarge ? 4096 : file.size).arrayBuffer()
	const text = decodeText(bytes, tooLarge)
	if (text === undefined) return refuse('type')
	if (tooLarge) return refuse('text-size')
	return text.trim() === '' ? refuse('empty') : { type: 'text', text: text.replaceAll('\r\n', '\n') }
}

/** Undefined if the bytes are not UTF-8, or contain characters that no text has. */
function decodeText(bytes: ArrayBuffer, cut: boolean): string | undefined {
	try {
		const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: cut })
		return text.includes('\0') ? undefined : text
	} catch {
		return undefined
	}
}

/** The media type by the first bytes, for the types that are not read as text. */
function typeOf(head: Uint8Array): string | undefined {
	const text = String.fromCharCode(...head)
	if (text.startsWith('%PDF-')) return 'application/pdf'
	if (text.startsWith('\x89PNG\r\n')) return 'image/png'
	if (text.startsWith('\xff\xd8\xff')) return 'image/jpeg'
	if (text.startsWith('RIFF') && text.slice(8, 12) === 'WEBP') return 'image/webp'
	return undefined
}
