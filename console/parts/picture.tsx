// A picture that opens in a lightbox, in which it can be saved and copied.

import { Check, Copy, Download, X } from 'lucide'
import { useRef, useState } from 'preact/hooks'
import { text } from '../languages/languages.ts'
import { Icon } from './icon.tsx'
import { IconButton } from './icon-button.tsx'
import { useModal } from './modal.ts'

export interface PictureProps {
	/** A `data:` or `blob:` URL: the page loads no picture from elsewhere. */
	readonly url: string
	readonly label: string
	/** For the saved file. */
	readonly fileName: string
	/** In pixels, if known: then nothing moves when the picture appears. */
	readonly size?: { readonly width: number; readonly height: number } | undefined
}

export function Picture({ url, label, fileName, size }: PictureProps) {
	const [open, setOpen] = useState(false)
	return (
		<>
			<button type="button" class="picture-button" aria-label={text.value.enlarge(label)} onClick={() => setOpen(true)}>
				<img class="picture" src={url} alt={label} width={size?.width} height={size?.height} />
			</button>
			{open && <Lightbox url={url} label={label} fileName={fileName} onClose={() => setOpen(false)} />}
		</>
	)
}

interface LightboxProps extends Omit<PictureProps, 'size'> {
	readonly onClose: () => void
}

function Lightbox({ url, label, fileName, onClose }: LightboxProps) {
	const modal = useModal(onClose)
	const image = useRef<HTMLImageElement>(null)
	const [copied, setCopied] = useState(false)
	const words = text.value
	const copy = async () => {
		if (image.current === null) return
		await navigator.clipboard.write([new ClipboardItem({ 'image/png': pngOf(image.current) })])
		setCopied(true)
		setTimeout(() => setCopied(false), 2000)
	}
	return (
		<dialog {...modal} class="lightbox" aria-label={label}>
			<div class="bar">
				<span class="space" />
				<a class="button ghost small" href={url} download={fileName}>
					<Icon node={Download} />
					{words.savePicture}
				</a>
				{typeof ClipboardItem !== 'undefined' && (
					<button type="button" class="button ghost small" onClick={() => void copy().catch(() => undefined)}>
						<Icon node={copied ? Check : Copy} />
						{copied ? words.copied : words.copy}
					</button>
				)}
				<IconButton small node={X} label={words.close} onClick={modal.onClose} />
			</div>
			<img ref={image} src={url} alt={label} />
		</dialog>
	)
}

/** @throws Error if the browser cannot draw the picture. */
async function pngOf(image: HTMLImageElement): Promise<Blob> {
	const canvas = document.createElement('canvas')
	canvas.width = image.naturalWidth
	canvas.height = image.naturalHeight
	canvas.getContext('2d')?.drawImage(image, 0, 0)
	return new Promise((resolve, reject) => {
		canvas.toBlob((blob) => (blob === null ? reject(new Error('The picture cannot be copied.')) : resolve(blob)))
	})
}
