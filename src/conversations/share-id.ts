// Ids of shares. Who knows one can read the share, within the tenant.

/** 32 hexadecimal digits, of which 128 bits are random. */
export type ShareId = string & { readonly __brand: 'share' }

export function newShareId(): ShareId {
	return Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('hex') as ShareId
}

/** An id that was created here. Does not check it; `readShareId` reads the ids of clients. */
export function shareId(text: string): ShareId {
	return text as ShareId
}

/** @returns undefined unless `text` is the id of a share, with the prefix `share_` or without. */
export function readShareId(text: string): ShareId | undefined {
	const digits = text.replace(/^share_/, '')
	return /^[0-9a-f]{32}$/.test(digits) ? (digits as ShareId) : undefined
}
