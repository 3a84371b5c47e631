// OpenAI's `system_fingerprint` for this engine: equal values mean equal weights and an equal library version. It does
// not read whole files, which may be large; their size, beginning (the metadata) and end (weights) distinguish models.

import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'

const sampleBytes = 1 << 20

/** `fp_` and ten hexadecimal digits. */
export async function fingerprintOf(modelPath: string, libraryVersion: string): Promise<string> {
	const file = await open(modelPath)
	try {
		const { size } = await file.stat()
		const hash = createHash('sha256').update(`${libraryVersion}\n${size}\n`)
		for (const position of [0, Math.max(0, size - sampleBytes)]) {
			const { buffer, bytesRead } = await file.read(Buffer.alloc(sampleBytes), 0, sampleBytes, position)
			hash.update(buffer.subarray(0, bytesRead))
		}
		return `fp_${hash.digest('hex').slice(0, 10)}`
	} finally {
		await file.close()
	}
}
