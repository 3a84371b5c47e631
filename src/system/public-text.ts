// Text that is public to every client, even without a key: it contains no path of this machine and no address of
// another.

/** Up to the next space or quote. */
const url = /\b[a-z][a-z+.-]*:\/\/[^\s'"`]*/gi
/**
 * A path up to its last slash, without its last segment. It may contain spaces, but ends before punctuation and before
 * another path.
 */
const segments = String.raw`(?:(?:(?![;:,]\s|\s\(?[~.]{0,2}[/\\])[^'"\x60\n])*`
const folders = [
	new RegExp(String.raw`(?<![\w/.~-])(?:~|\.{1,2})?/${segments}/)?`, 'g'),
	new RegExp(String.raw`(?<!\w)(?:[a-z]:|\\)\\${segments}\\)?`, 'gi'),
]
const addresses = [
	/(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?(?![\w.]*\d)/g,
	/\[[0-9a-f:]*:[0-9a-f:]*\](?::\d{1,5})?/gi,
	/\b(?:localhost|[a-z][\w-]*(?:\.[\w-]+)+):\d{1,5}\b/gi,
]

/**
 * The first line of `text`, with each path or URL reduced to its last segment, and addresses replaced by `…`. It is the
 * only filter for notes and error messages that may contain text of a library or the operating system; the log has the
 * complete text.
 */
export function publicText(text: string): string {
	const [line = ''] = text.split('\n')
	const withoutUrls = line.replace(url, lastSegment)
	const withoutFolders = folders.reduce((rest, folder) => rest.replace(folder, ''), withoutUrls)
	return addresses
		.reduce((rest, address) => rest.replace(address, '…'), withoutFolders)
		.replace(/(['"`])\1/g, '…')
		.replace(/:$/, '')
}

/** Without the query, which may contain a token. */
function lastSegment(address: string): string {
	const [path = ''] = address.replace(/^[^:]*:\/\//, '').split(/[?#]/)
	return path.includes('/') ? path.slice(path.lastIndexOf('/') + 1) || '…' : '…'
}
