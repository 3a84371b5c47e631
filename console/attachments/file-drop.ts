// Files that are dropped anywhere on the page.

import { useEffect, useState } from 'preact/hooks'

/** @returns whether files are above the page. */
export function useFileDrop(onFiles: (files: readonly File[]) => void): boolean {
	const [over, setOver] = useState(false)
	useEffect(() => {
		const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') === true
		const onOver = (event: DragEvent) => {
			if (!hasFiles(event)) return
			event.preventDefault()
			setOver(true)
		}
		const onLeave = (event: DragEvent) => {
			// Between elements of the page, the event names the next one.
			if (event.relatedTarget === null) setOver(false)
		}
		const onDrop = (event: DragEvent) => {
			if (!hasFiles(event)) return
			event.preventDefault()
			setOver(false)
			onFiles([...(event.dataTransfer?.files ?? [])])
		}
		window.addEventListener('dragover', onOver)
		window.addEventListener('dragleave', onLeave)
		window.addEventListener('drop', onDrop)
		return () => {
			window.removeEventListener('dragover', onOver)
			window.removeEventListener('dragleave', onLeave)
			window.removeEventListener('drop', onDrop)
		}
	}, [onFiles])
	return over
}
