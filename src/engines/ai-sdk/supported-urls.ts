// URLs that an upstream fetches itself, as declared by its provider package.

/** Patterns of URLs by media type; a type may be a pattern itself, such as `image/*`. */
export type SupportedUrls = Readonly<Record<string, readonly RegExp[]>>

export function isFetched(url: string, mediaType: string, supported: SupportedUrls): boolean {
	return Object.entries(supported).some(
		([type, patterns]) => covers(type.toLowerCase(), mediaType) && patterns.some((pattern) => pattern.test(url)),
	)
}

function covers(pattern: string, mediaType: string): boolean {
	if (pattern === '*' || pattern === '*/*' || pattern === mediaType) return true
	const [family = '', rest] = pattern.split('/')
	// An image of unknown type matches any image type.
	if (mediaType.endsWith('/*')) return mediaType.startsWith(`${family}/`)
	return rest === '*' && mediaType.startsWith(`${family}/`)
}
