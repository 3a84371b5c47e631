// A strict incremental parser of the body of one HTTP/1.1 message: a length, chunks, or until the connection is closed.
// Input that two parsers could interpret differently is rejected (RFC 9112, sections 6 and 7). It does not know heads
// and does not buffer.

import { MessageSyntaxError, readHeaderLine } from './message-head.ts'

export type BodyFraming =
	| { readonly type: 'length'; readonly bytes: number }
	| { readonly type: 'chunked' }
	| { readonly type: 'until-close' }

type BodyState = 'length' | 'until-close' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailer' | 'done'

const [cr, lf] = [13, 10]
const maxChunkLine = 1024

export class BodyParser {
	private state: BodyState
	/** Number of bytes left in the body or in the current chunk. */
	private remaining = 0
	private line = ''
	private trailerBytes = 0
	private readonly maxTrailerBytes: number

	/** @param maxTrailerBytes maximum size of the trailer, in bytes. */
	constructor(framing: BodyFraming, maxTrailerBytes: number) {
		this.maxTrailerBytes = maxTrailerBytes
		switch (framing.type) {
			case 'length':
				this.remaining = framing.bytes
				this.state = framing.bytes === 0 ? 'done' : 'length'
				break
			case 'chunked':
				this.state = 'chunk-size'
				break
			case 'until-close':
				this.state = 'until-close'
				break
			default:
				framing satisfies never
				this.state = 'done'
		}
	}

	/** Whether the body is complete. */
	get done(): boolean {
		return this.state === 'done'
	}

	/**
	 * Adds the bytes of the body that begin at `at` to `pieces`, which share the memory of `bytes`.
	 *
	 * @returns the position after the body, or the length of `bytes` if the body continues.
	 * @throws MessageSyntaxError
	 */
	read(bytes: Buffer, at: number, pieces: Uint8Array[]): number {
		let position = at
		while (position < bytes.length && this.state !== 'done') position = this.step(bytes, position, pieces)
		return position
	}

	/**
	 * Call this when the connection is closed.
	 *
	 * @returns whether the body is complete.
	 */
	end(): boolean {
		if (this.state === 'until-close') this.state = 'done'
		return this.done
	}

	private step(bytes: Buffer, at: number, pieces: Uint8Array[]): number {
		switch (this.state) {
			case 'length':
			case 'chunk':
				return this.readCounted(bytes, at, pieces)
			case 'until-close':
				pieces.push(at === 0 ? bytes : bytes.subarray(at))
				return bytes.length
			case 'chunk-size':
				return this.readChunk(bytes, at, pieces)
			case 'chunk-end':
				return this.readChunkEnd(bytes, at)
			case 'trailer':
				return this.readLines(bytes, at)
			case 'done':
				return at
		}
	}

	private readCounted(bytes: Buffer, at: number, pieces: Uint8Array[]): number {
		const end = Math.min(bytes.length, at + this.remaining)
		pieces.push(at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end))
		this.remaining -= end - at
		if (this.remaining === 0) this.state = this.state === 'chunk' ? 'chunk-end' : 'done'
		return end
	}

	/**
	 * Fast path: the line of the size usually consists of a few hexadecimal digits and CRLF, and the whole chunk is in
	 * one read.
	 */
	private readChunk(bytes: Buffer, at: number, pieces: Uint8Array[]): number {
		if (this.line !== '') return this.readLines(bytes, at)
		let size = 0
		let index = at
		for (; index < bytes.length && index - at < 8; index++) {
			const digit = hexDigits[bytes[index] ?? 0] ?? -1
			if (digit === -1) break
			size = size * 16 + digit
		}
		if (index === at || bytes[index] !== cr || bytes[index + 1] !== lf) return this.readLines(bytes, at)
		const start = index + 2
		const end = start + size
		if (size === 0 || bytes[end] !== cr || bytes[end + 1] !== lf) {
			this.beginChunk(size)
			return start
		}
		pieces.push(bytes.subarray(start, end))
		return end + 2
	}

	private beginChunk(size: number): void {
		this.remaining = size
		this.state = size === 0 ? 'trailer' : 'chunk'
	}

	private readChunkEnd(bytes: Buffer, at: number): number {
		if (this.line !== '' || bytes[at] !== cr || bytes[at + 1] !== lf) return this.readLines(bytes, at)
		this.state = 'chunk-size'
		return at + 2
	}

	/** Reads until the end of one line, which must end in CRLF. */
	private readLines(bytes: Buffer, at: number): number {
		const end = bytes.indexOf(lf, at)
		this.line += bytes.toString('latin1', at, end === -1 ? bytes.length : end)
		const longest = this.state === 'trailer' ? this.maxTrailerBytes : maxChunkLine
		if (this.line.length > longest) throw new MessageSyntaxError('a line between chunks is too long')
		if (end === -1) return bytes.length
		if (!this.line.endsWith('\r')) throw new MessageSyntaxError('a line between chunks does not end in CRLF')
		const line = this.line.slice(0, -1)
		this.line = ''
		this.endLine(line)
		return end + 1
	}

	private endLine(line: string): void {
		switch (this.state) {
			case 'chunk-size': {
				const size = chunkLineForm.exec(line)?.[1]
				if (size === undefined) throw new MessageSyntaxError('the size of a chunk is malformed')
				this.beginChunk(Number.parseInt(size, 16))
				break
			}
			case 'chunk-end':
				if (line !== '') throw new MessageSyntaxError('a chunk is longer than its declared size')
				this.state = 'chunk-size'
				break
			default:
				this.trailerBytes += line.length + 2
				if (this.trailerBytes > this.maxTrailerBytes) throw new MessageSyntaxError('the trailer is too long')
				if (line === '') this.state = 'done'
				else readHeaderLine(line)
		}
	}
}

/** The size, and extensions, which are ignored. */
const chunkLineForm = /^([0-9a-fA-F]{1,13})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/

/** The value of each byte as a hexadecimal digit, or -1. */
const hexDigits = new Int8Array(256).fill(-1)
for (const digit of '0123456789abcdefABCDEF') hexDigits[digit.charCodeAt(0)] = Number.parseInt(digit, 16)
