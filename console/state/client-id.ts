// Ids that this page makes. `crypto.randomUUID` is missing on pages without a secure context, such as those of a local network.

/** 128 random bits in hexadecimal. */
export const newClientId = (): string =>
	[...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
