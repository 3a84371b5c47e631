// A file that a person adds to a question: what it is, what became of it, and within which bounds. It does not know how a
// file is read.

/** `reader`: the code that reads such files could not be loaded; a further attempt may succeed. */
export type RefusalReason =
	| 'type'
	| 'empty'
	| 'text-size'
	| 'pdf-size'
	| 'pdf-pages'
	| 'pdf-without-text'
	| 'pdf-damaged'
	| 'picture-damaged'
	| 'picture-size'
	| 'total-size'
	| 'reader'

export type AttachmentContent =
	| { readonly type: 'reading' }
	| { readonly type: 'text'; readonly text: string; readonly pages?: number | undefined }
	| {
			readonly type: 'picture'
			/** A `data:` URL. */
			readonly url: string
			/** In pixels. */
			readonly size?: { readonly width: number; readonly height: number } | undefined
	  }
	| { readonly type: 'refused'; readonly reason: RefusalReason }

export interface Attachment {
	readonly id: string
	readonly name: string
	readonly content: AttachmentContent
	/** As chosen, if it can be read again. */
	readonly file?: File | undefined
}

/** What an attachment may have at most. Sizes are in bytes. */
export const attachmentBounds = {
	textBytes: 1_000_000,
	pdfBytes: 20_000_000,
	pdfPages: 200,
	/** Of the file as chosen. Cameras produce larger pictures than models read. */
	pictureFileBytes: 50_000_000,
	/** As sent. */
	pictureBytes: 4_000_000,
	/** Width and height, in pixels. */
	picturePixels: 2048,
	/** Of all attachments of a question: servers limit the size of a request. */
	totalBytes: 12_000_000,
	/** Longer pasted texts become an attachment. */
	pastedCharacters: 4000,
} as const
