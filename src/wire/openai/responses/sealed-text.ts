// Text that a client carries and returns: the reasoning of an answer that is not stored, the summary of a conversation. It is opaque,
// not secret: the client could have read it anyway.

const mark = 'dgm1.'

export function sealText(text: string): string {
	return mark + Buffer.from(text, 'utf8').toString('base64')
}

/** @returns undefined for text that was not sealed here, such as another server's. */
export function openText(sealed: string): string | undefined {
	if (!sealed.startsWith(mark)) return undefined
	const text = Buffer.from(sealed.slice(mark.length), 'base64').toString('utf8')
	return sealText(text) === sealed ? text : undefined
}
