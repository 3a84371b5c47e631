// Text for anybody who can reach the server, without a key: it contains no path of this machine and no address of another.

/** A path of a URL or of this machine up to its last slash, spaces included; what follows is its last segment. */
const folders = [
	/\b[a-z][a-z+.-]*:\/\/(?:[^\s'"`]*\/)?/gi,
	/(?<![\w/.~-])(?:~|\.{1,2})?\/(?:[^'"`\n]*\/)?/g,
	/(?<!\w)(?:[a-z]:|\\)\\(?:[^'"`\n]*\\)?/gi,
]
const addresses = [
	/(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?(?![\w.]*\d)/g,
	/\[[0-9a-f:]*:[0-9a-f:]*\](?::\d{1,5})?/gi,
	/\b(?:localhost|[a-z][\w-]*(?:\.[\w-]+)+):\d{1,5}\b/gi,
]

/**
 * Of each path or URL in `text` only the last segment remains, and addresses are replaced by `…`. Whoever writes such a text leaves them
 * out in the first place and writes them to the log; this is the guard for what comes from libraries and the operating system.
 */
export function publicText(text: string): string {
	const withoutFolders = folders.reduce((rest, folder) => rest.replace(folder, ''), text)
	return addresses.reduce((rest, address) => rest.replace(address, '…'), withoutFolders).replace(/(['"`])\1/g, '…')
}
