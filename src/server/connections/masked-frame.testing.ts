// Frames of a WebSocket client, valid and invalid, for tests.

/** @param content each character is one byte, unless it is above U+00FF: then all are UTF-8. */
export function maskedFrame(
	opcode: number,
	content: string,
	{ final = true, reserved = 0 }: { readonly final?: boolean; readonly reserved?: number } = {},
): Buffer {
	const payload = Buffer.from(content, /^[\x20-\x7e\u00e4]*$/.test(content) ? 'utf8' : 'latin1')
	const { length } = payload
	const extended = length < 126 ? Buffer.alloc(0) : Buffer.alloc(length < 65_536 ? 2 : 8)
	if (extended.length === 2) extended.writeUInt16BE(length)
	if (extended.length === 8) extended.writeBigUInt64BE(BigInt(length))
	const short = length < 126 ? length : length < 65_536 ? 126 : 127
	const mask = Buffer.from([1, 2, 3, 4])
	const masked = payload.map((byte, at) => byte ^ (mask[at & 3] ?? 0))
	return Buffer.concat([Buffer.from([(final ? 128 : 0) | reserved | opcode, 128 | short]), extended, mask, masked])
}
