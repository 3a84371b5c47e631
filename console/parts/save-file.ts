// Saves what the page has made as a file of the person's device. It does not know what is in it.

/** The browser asks for a folder, or puts the file into the one of downloads. */
export function saveFile(name: string, content: Blob): void {
	const link = document.createElement('a')
	link.href = URL.createObjectURL(content)
	link.download = name
	link.target = '_self'
	link.click()
	URL.revokeObjectURL(link.href)
}

/** Without characters that a file system may refuse. */
export function fileNameOf(title: string, id: string): string {
	return (
		title
			.replace(/[^\p{L}\p{M}\p{N} _-]/gu, '')
			.trim()
			.slice(0, 80) || id
	)
}
