// Reads the first bytes of a model file. llama.cpp's reader does not terminate on a file with absurd counts, so the header is checked first.

import { open, stat } from 'node:fs/promises'

/** Magic, version, and the counts of tensors and of metadata fields. */
const headBytes = 24
/** Upper limit of either count, above that of any real model. */
const mostEntries = 1_000_000n

export type GgufHead = 'missing' | 'no-file' | 'no-gguf' | 'broken' | 'good'

/** The kind of file at the path, according to its header. @throws Error if the file cannot be read. */
export async function readGgufHead(path: string): Promise<GgufHead> {
	const found = await stat(path).catch(() => undefined)
	if (found === undefined) return 'missing'
	if (!found.isFile()) return 'no-file'
	const file = await open(path)
	try {
		const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0)
		if (bytesRead < headBytes || buffer.toString('latin1', 0, 4) !== 'GGUF') return 'no-gguf'
		const [version, tensors, fields] = [buffer.readUInt32LE(4), buffer.readBigUInt64LE(8), buffer.readBigUInt64LE(16)]
		const broken =
			version < 2 || version > 3 || tensors === 0n || tensors > mostEntries || fields === 0n || fields > mostEntries
		return broken ? 'broken' : 'good'
	} finally {
		await file.close()
	}
}

/** The error message for a header, undefined for a valid one. */
export function ggufFault(head: GgufHead, path: string): string | undefined {
	switch (head) {
		case 'missing':
			return `There is no model file at ${path}.`
		case 'no-file':
			return `${path} is not a regular file.`
		case 'no-gguf':
			return `${path} is not a GGUF model file.`
		case 'broken':
			return `${path} is a corrupt GGUF model file.`
		case 'good':
			return undefined
	}
}
