// One file on an HTTP server, read from any byte on, where the server allows that. A server that goes quiet is given up on. It does
// not know what the bytes are, nor does it try again.

import { readFile } from 'node:fs/promises'

export interface RemoteFile {
	/** May carry credentials, which are sent as a header. */
	readonly url: string
	/** Value of `authorization`, for this address only. */
	readonly authorization?: string
	/** Certificates to trust instead of the usual ones, in PEM. */
	readonly caFile?: string
}

export interface ReadOptions {
	readonly signal: AbortSignal
	/** Longest wait for the head of the answer, in milliseconds. */
	readonly patienceMs: number
	/** First byte wanted; the beginning unless said. */
	readonly fromByte?: number
	/** How many bytes are wanted; all that follow unless said. */
	readonly lengthBytes?: number
	readonly accept?: string
}

export interface RemoteBytes {
	/** Where the bytes begin in the file: 0 where the server knows no ranges, whatever was asked for. */
	readonly fromByte: number
	/** Of the whole file, where the server tells. */
	readonly totalBytes: number | undefined
	/** What the server calls this version of the file. */
	readonly version: string | undefined
	readonly contentType: string
	/** The address that answered, after redirects. */
	readonly url: string
	/** Ends early, without an error, where the connection is cut cleanly. */
	readonly bytes: AsyncIterable<Uint8Array>
}

/** The server answered, but not with the file. */
export class RefusedError extends Error {
	override readonly name = 'RefusedError'
	readonly status: number

	constructor(status: number, host: string) {
		super(`${host} answered ${status}`)
		this.status = status
	}
}

/** A connection over which nothing comes for so long is dead, in milliseconds. */
export const stallMs = 30_000

/** @throws RefusedError, or Error where the server cannot be reached in time. */
export async function readRemote(file: RemoteFile, options: ReadOptions): Promise<RemoteBytes> {
	const { address, authorization } = splitCredentials(file)
	const guard = new AbortController()
	const timer = setTimeout(
		() => guard.abort(new Error(`${address.host} did not answer within ${options.patienceMs / 1000} s`)),
		options.patienceMs,
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

/** A small file, whole. @throws as `readRemote`, and Error where it is larger than `mostBytes` or cut short. */
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
	const whole = response.headers.get('content-length')
	const totalText = ranged ? total : whole
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
	const quiet = new Promise<never>((_, reject) => {
		timer = setTimeout(() => reject(new Error(`${host} sent nothing for ${stallMs / 1000} s`)), stallMs)
	})
	try {
		return await Promise.race([promise, quiet])
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
