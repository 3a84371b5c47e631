// Text that a client carries and returns: the reasoning of an answer that is not stored, the summary of a conversation.
// It is opaque, not secret: the client could have read it anyway.

const mark = 'dgm1.'

export function writeOpaque(text: string): string {
	return mark + Buffer.from(text, 'utf8').toString('base64')
}

/** @returns undefined for text that was not opaque here, such as another server's. */
export function readOpaque(opaque: string): string | undefined {
	if (!opaque.startsWith(mark)) return undefined
	const text = Buffer.from(opaque.slice(mark.length), 'base64').toString('utf8')
	return writeOpaque(text) === opaque ? text : undefined
}
