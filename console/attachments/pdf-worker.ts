// The worker that extracts the text of a PDF. It runs apart from the page, because a PDF of 200 pages takes seconds.

import { extractText, getDocumentProxy } from 'unpdf'
import { type AttachmentContent, attachmentBounds } from './attachment.ts'

interface PdfRequest {
	readonly id: number
	readonly bytes: ArrayBuffer
}

/** `started`: the script has been loaded. */
export type PdfMessage =
	| { readonly type: 'started' }
	| { readonly type: 'read'; readonly id: number; readonly content: AttachmentContent }

const send = (message: PdfMessage) => self.postMessage(message)

self.onmessage = async ({ data: { id, bytes } }: MessageEvent<PdfRequest>) => {
	send({ type: 'read', id, content: await read(bytes) })
}
send({ type: 'started' })

async function read(bytes: ArrayBuffer): Promise<AttachmentContent> {
	try {
		const document = await getDocumentProxy(new Uint8Array(bytes))
		const pages = document.numPages
		if (pages > attachmentBounds.pdfPages) return { type: 'refused', reason: 'pdf-pages' }
		const { text } = await extractText(document, { mergePages: false })
		// Blank lines between pages, so that no sentence of one page runs into the next one.
		const merged = text.join('\n\n').trim()
		if (merged === '') return { type: 'refused', reason: 'pdf-without-text' }
		return { type: 'text', text: merged, pages }
	} catch {
		return { type: 'refused', reason: 'pdf-damaged' }
	}
}
