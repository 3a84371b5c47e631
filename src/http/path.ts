// Normalizes request paths, which clients write in several forms.

/**
 * Removes repeated and trailing slashes; the result is still percent-encoded: `/v1//models/` becomes `/v1/models`. The
 * root is `/`.
 */
export function normalizePath(path: string): string {
	const folded = path.includes('//') ? path.replace(/\/{2,}/g, '/') : path
	return folded.length > 1 && folded.endsWith('/') ? folded.slice(0, -1) : folded
}

/**
 * Path and query of an absolute URL, unchanged; the query without its question mark. A URL that begins with a slash is
 * only a path: Bun returns one for a request without a usable Host. Building a `URL` costs ten times as much.
 */
export function splitUrl(url: string): { readonly path: string; readonly query: string } {
	const begin = url.startsWith('/') ? 0 : url.indexOf('/', url.indexOf('://') + 3)
	if (begin === -1) return { path: '/', query: '' }
	const mark = url.indexOf('?', begin)
	return mark === -1
		? { path: url.slice(begin), query: '' }
		: { path: url.slice(begin, mark), query: url.slice(mark + 1) }
}

/** Percent-decoded, or undefined if the encoding is invalid. */
export function decodePath(path: string): string | undefined {
	try {
		return decodeURIComponent(path)
	} catch {
		return undefined
	}
}
