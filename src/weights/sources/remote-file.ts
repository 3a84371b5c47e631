// Reads one file from an HTTP server, from any offset if the server supports range requests. A stalled transfer fails
// after a timeout. It does not know the content, and it does not retry.

import { readFile } from 'node:fs/promises'

export interface RemoteFile {
	/** May contain credentials, which are sent as a header. */
	readonly url: string
	/** Value of the `authorization` header, sent to this address only. */
	readonly authorization?: string
	/** CA certificates that replace the default ones, in PEM. */
	readonly caFile?: string
}

export interface ReadOptions {
	readonly signal: AbortSignal
	/** Timeout for the response headers, in milliseconds. */
	readonly timeoutMs: number
	/** Offset of the first byte; 0 by default. */
	readonly fromByte?: number
	/** Number of bytes; up to the end of the file by default. */
	readonly lengthBytes?: number
	readonly accept?: string
}

export interface RemoteBytes {
	/** Offset of the bytes in the file: 0 if the server ignores ranges, whatever offset was requested. */
	readonly fromByte: number
	/** Of the whole file, if the server reports it. */
	readonly totalBytes: number | undefined
	/** The server's version of the file: its entity tag, or the date of its last modification. */
	readonly version: string | undefined
	readonly contentType: string
	/** The final address, after redirects. */
	readonly url: string
	/** Ends early, without an error, if the connection is closed cleanly. */
	readonly bytes: AsyncIterable<Uint8Array>
}

/** The server responded, but without the file. */
export class RefusedError extends Error {
	override readonly name = 'RefusedError'
	readonly status: number

	constructor(status: number, host: string) {
		super(`${host} answered ${status}`)
		this.status = status
	}
}

/** Timeout for a transfer without data, in milliseconds. */
export const stallMs = 30_000

/** @throws RefusedError, or Error if the server cannot be reached in time. */
export async function readRemote(file: RemoteFile, options: ReadOptions): Promise<RemoteBytes> {
	const { address, authorization } = splitCredentials(file)
	const guard = new AbortController()
	const timer = setTimeout(
		() => guard.abort(new Error(`${address.host} did not respond within ${options.timeoutMs / 1000} s`)),
		options.timeoutMs,
	)
	const headers: Record<string, string> = { 'accept-encoding': 'identity', ...rangeHeader(options) }
	if (authorization !== undefined) headers.authorization = authorization
	if (options.accept !== undefined) headers.accept = options.accept
	const tls = file.caFile === undefined ? {} : { tls: { ca: await readFile(file.caFile, 'utf8') } }
	try {
		const response = await fetch(address, { headers, signal: AbortSignal.any([options.signal, guard.signal]), ...tls })
		if (!response.ok || response.body === null) {
			await response.body?.cancel()
			throw new RefusedError(response.status, address.host)
		}
		return { ...position(response), bytes: watched(response.body, address.host) }
	} finally {
		clearTimeout(timer)
	}
}

/**
 * Reads a small file completely.
 * @throws like `readRemote`, and Error if it is larger than `mostBytes` or truncated.
 */
export async function readSmall(
	file: RemoteFile,
	options: ReadOptions,
	mostBytes: number,
): Promise<RemoteBytes & { readonly content: Uint8Array }> {
	const answer = await readRemote(file, options)
	const chunks: Uint8Array[] = []
	let length = 0
	for await (const chunk of answer.bytes) {
		length += chunk.byteLength
		if (length > mostBytes) throw new Error(`${new URL(answer.url).host} sent more than ${mostBytes} bytes`)
		chunks.push(chunk)
	}
	return { ...answer, content: new Uint8Array(Buffer.concat(chunks)) }
}

function rangeHeader({ fromByte, lengthBytes }: ReadOptions): Record<string, string> {
	if (fromByte === undefined && lengthBytes === undefined) return {}
	const first = fromByte ?? 0
	return { range: `bytes=${first}-${lengthBytes === undefined ? '' : first + lengthBytes - 1}` }
}

function position(response: Response): Omit<RemoteBytes, 'bytes'> {
	const [, first, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '') ?? []
	const ranged = response.status === 206 && first !== undefined
	const contentLength = response.headers.get('content-length')
	const totalText = ranged ? total : contentLength
	return {
		fromByte: ranged ? Number(first) : 0,
		totalBytes: totalText === undefined || totalText === null || totalText === '*' ? undefined : Number(totalText),
		version: response.headers.get('etag') ?? response.headers.get('last-modified') ?? undefined,
		contentType: response.headers.get('content-type') ?? '',
		url: response.url,
	}
}

async function* watched(body: ReadableStream<Uint8Array>, host: string): AsyncGenerator<Uint8Array> {
	const reader = body.getReader()
	try {
		while (true) {
			const { done, value } = await inTime(reader.read(), host)
			if (done) return
			yield value
		}
	} finally {
		await reader.cancel().catch(() => undefined)
	}
}

async function inTime<Result>(promise: Promise<Result>, host: string): Promise<Result> {
	let timer: ReturnType<typeof setTimeout> | undefined
	const stalled = new Promise<never>((_, reject) => {
		timer = setTimeout(() => reject(new Error(`${host} sent nothing for ${stallMs / 1000} s`)), stallMs)
	})
	try {
		return await Promise.race([promise, stalled])
	} finally {
		clearTimeout(timer)
	}
}

function splitCredentials(file: RemoteFile): { readonly address: URL; readonly authorization: string | undefined } {
	const address = new URL(file.url)
	const { username, password } = address
	address.username = ''
	address.password = ''
	const basic =
		username === ''
			? undefined
			: `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}`
	return { address, authorization: file.authorization ?? basic }
}
