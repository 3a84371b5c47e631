// Request paths as clients really write them.

/** Doubled slashes folded and trailing ones dropped, still percent-encoded: `/v1//models/` is `/v1/models`. The root is `/`. */
export function normalisePath(path: string): string {
	const folded = path.includes('//') ? path.replace(/\/{2,}/g, '/') : path
	return folded.length > 1 && folded.endsWith('/') ? folded.slice(0, -1) : folded
}

/** Percent-decoded, or undefined where the encoding is broken. */
export function decodePath(path: string): string | undefined {
	try {
		return decodeURIComponent(path)
	} catch {
		return undefined
	}
}
