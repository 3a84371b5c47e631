// Scales a picture to what models read, and writes it as a `data:` URL.

import { type AttachmentContent, attachmentBounds } from './attachment.ts'

/** Tried in this order until the picture is small enough. */
const qualities: readonly number[] = [0.9, 0.75, 0.5]

export async function readPicture(file: File): Promise<AttachmentContent> {
	const bitmap = await createImageBitmap(file).catch(() => undefined)
	if (bitmap === undefined) return { type: 'refused', reason: 'picture-damaged' }
	try {
		const { picturePixels, pictureBytes } = attachmentBounds
		const scale = Math.min(1, picturePixels / Math.max(bitmap.width, bitmap.height))
		const width = Math.max(1, Math.round(bitmap.width * scale))
		const height = Math.max(1, Math.round(bitmap.height * scale))
		const fits = scale === 1 && file.size <= pictureBytes
		const content = fits ? file : await scaled(bitmap, width, height, file.type)
		return content === undefined
			? { type: 'refused', reason: 'picture-size' }
			: { type: 'picture', url: await dataUrl(content), size: { width, height } }
	} finally {
		bitmap.close()
	}
}

/** Undefined if the picture is too large in every quality. */
async function scaled(bitmap: ImageBitmap, width: number, height: number, type: string): Promise<Blob | undefined> {
	const canvas = new OffscreenCanvas(width, height)
	canvas.getContext('2d')?.drawImage(bitmap, 0, 0, width, height)
	// Lossless first, if the picture was lossless: text in screenshots stays readable.
	const attempts = [
		...(type === 'image/png' ? [{ type: 'image/png' }] : []),
		...qualities.map((quality) => ({ type: type === 'image/jpeg' ? 'image/jpeg' : 'image/webp', quality })),
	]
	for (const attempt of attempts) {
		const blob = await canvas.convertToBlob(attempt)
		if (blob.size <= attachmentBounds.pictureBytes) return blob
	}
	return undefined
}

function dataUrl(blob: Blob): Promise<string> {
	return new Promise((resolve, reject) => {
		const reader = new FileReader()
		reader.onload = () => resolve(String(reader.result))
		reader.onerror = () => reject(reader.error ?? new Error('The picture cannot be read.'))
		reader.readAsDataURL(blob)
	})
}
