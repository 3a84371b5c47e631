// Prefixes the text of a signature with its origin, for clients that send back what they received: a model with several
// upstreams sends the signature only to the one that made it. It does not know the fields that carry signatures.

export interface TaggedText {
	/** As in `Signature.origin`; undefined if the text has no tag. */
	readonly origin: string | undefined
	readonly text: string
}

/**
 * @param text neither base64 nor the name of a wire, with which it begins, begins with `@`.
 * @param tags whether to write the origin.
 */
export function writeTag(text: string, origin: string | undefined, tags: boolean): string {
	return tags && origin !== undefined ? `@${encodeURIComponent(origin)}:${text}` : text
}

export function readTag(given: string): TaggedText {
	const [, encoded, text] = /^@([^:]+):(.*)$/s.exec(given) ?? []
	const origin = encoded === undefined ? undefined : decodeComponent(encoded)
	return text === undefined || origin === undefined ? { origin: undefined, text: given } : { origin, text }
}

/** @returns undefined if `text` is not encoded as a URI component. */
export function decodeComponent(text: string): string | undefined {
	try {
		return decodeURIComponent(text)
	} catch {
		return undefined
	}
}
