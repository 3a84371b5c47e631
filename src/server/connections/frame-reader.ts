// Reads the frames of a WebSocket client (RFC 6455, section 5) from bytes that arrive in any pieces. It bounds the size of
// a message, and asks for memory before it holds more of one. It does not know sockets or what messages mean.

export type FrameEvent =
	| { readonly type: 'text'; readonly text: string; readonly bytes: number }
	| { readonly type: 'ping'; readonly payload: Uint8Array }
	| { readonly type: 'pong' }
	| { readonly type: 'close'; readonly code: number }

/** The client broke the protocol or a limit. */
export class FrameError extends Error {
	override readonly name = 'FrameError'
	/** Status code of the close frame (RFC 6455, section 7.4.1). */
	readonly code: number

	constructor(code: number, message: string) {
		super(message)
		this.code = code
	}
}

export interface FrameLimits {
	/** Maximum size of a message, in bytes. */
	readonly maxMessageBytes: number
	/** Takes memory for an incomplete message. @returns false if there is none. */
	reserve(bytes: number): boolean
}

interface FrameHead {
	readonly final: boolean
	readonly opcode: number
	readonly mask: number
	remaining: number
	/** Number of payload bytes that were read. */
	done: number
}

const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const
const maxControlBytes = 125
const longestHead = 14
const blockBytes = 16_384
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export class FrameReader {
	private readonly limits: FrameLimits
	private headBytes: Buffer = Buffer.alloc(0)
	private frame: FrameHead | undefined
	private pieces: Uint8Array[] = []
	private block: Buffer | undefined
	private blockUsed = 0
	private messageBytes = 0
	/** A data message has begun, and its last frame has not. */
	private fragmented = false
	private control: Uint8Array[] = []

	constructor(limits: FrameLimits) {
		this.limits = limits
	}

	/** Bytes of the incomplete message, which were taken with `reserve`. */
	get heldBytes(): number {
		return this.messageBytes
	}

	/**
	 * @param bytes are changed.
	 * @throws FrameError
	 */
	*read(bytes: Buffer): Generator<FrameEvent> {
		let at = 0
		while (at < bytes.length) {
			if (this.frame === undefined) {
				const used = this.readHead(bytes.subarray(at))
				if (used === undefined) return
				at += used
			} else at += this.readPayload(this.frame, bytes.subarray(at))
			if (this.frame?.remaining !== 0) continue
			const event = this.endFrame(this.frame)
			this.frame = undefined
			if (event !== undefined) yield event
		}
	}

	/** @returns how many bytes of `bytes` belong to the head; undefined if it is not complete. */
	private readHead(bytes: Buffer): number | undefined {
		const before = this.headBytes.length
		const all = Buffer.concat([this.headBytes, bytes.subarray(0, longestHead - before)])
		const [first = 0, second = 0] = all
		if (all.length >= 2) this.checkHead(first, second)
		const short = second & 127
		const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0
		const total = 2 + lengthBytes + 4
		if (all.length < total) {
			this.headBytes = all
			return undefined
		}
		this.headBytes = Buffer.alloc(0)
		const length = lengthBytes === 0 ? short : lengthBytes === 2 ? all.readUInt16BE(2) : Number(all.readBigUInt64BE(2))
		const opcode = first & 15
		if (opcode < opcodes.close && this.messageBytes + length > this.limits.maxMessageBytes)
			throw new FrameError(1009, `a message is larger than ${this.limits.maxMessageBytes} bytes`)
		this.frame = {
			final: (first & 128) !== 0,
			opcode,
			mask: all.readUInt32BE(total - 4),
			remaining: length,
			done: 0,
		}
		return total - before
	}

	private checkHead(first: number, second: number): void {
		const [opcode, isControl] = [first & 15, (first & 8) !== 0]
		if ((first & 0x70) !== 0) throw new FrameError(1002, 'a frame uses an extension that was not negotiated')
		if ((second & 128) === 0) throw new FrameError(1002, 'a frame of the client is not masked')
		if (isControl && ((first & 128) === 0 || (second & 127) > maxControlBytes))
			throw new FrameError(1002, 'a control frame is fragmented or too long')
		if (isControl ? opcode > opcodes.pong : opcode > opcodes.binary)
			throw new FrameError(1002, `the opcode ${opcode} is unknown`)
		if (!isControl && (opcode === opcodes.continuation) !== this.fragmented)
			throw new FrameError(1002, 'a frame does not continue the message before it')
	}

	private readPayload(frame: FrameHead, bytes: Buffer): number {
		const payload = bytes.subarray(0, Math.min(bytes.length, frame.remaining))
		unmask(payload, frame.mask, frame.done)
		frame.done += payload.length
		frame.remaining -= payload.length
		if (frame.opcode >= opcodes.close) this.control.push(payload)
		else {
			if (!this.limits.reserve(payload.length))
				throw new FrameError(1013, 'the messages that the sockets of this key are sending need too much memory')
			this.hold(payload)
			this.messageBytes += payload.length
		}
		return payload.length
	}

	/** Small pieces are copied into blocks: a message of a million frames is not a million objects. */
	private hold(payload: Buffer): void {
		if (payload.length >= blockBytes) {
			this.endBlock()
			this.pieces.push(payload)
			return
		}
		for (let at = 0; at < payload.length; ) {
			this.block ??= Buffer.allocUnsafe(blockBytes)
			const copied = payload.copy(this.block, this.blockUsed, at)
			at += copied
			this.blockUsed += copied
			if (this.blockUsed === blockBytes) this.endBlock()
		}
	}

	private endBlock(): void {
		if (this.block !== undefined) this.pieces.push(this.block.subarray(0, this.blockUsed))
		this.block = undefined
		this.blockUsed = 0
	}

	private endFrame({ final, opcode }: FrameHead): FrameEvent | undefined {
		if (opcode >= opcodes.close) return this.endControl(opcode)
		this.fragmented = !final
		if (!final) return undefined
		const bytes = this.messageBytes
		this.endBlock()
		const message = Buffer.concat(this.pieces)
		this.pieces = []
		this.messageBytes = 0
		return { type: 'text', text: decode(message), bytes }
	}

	private endControl(opcode: number): FrameEvent {
		const payload = Buffer.concat(this.control)
		this.control = []
		if (opcode === opcodes.ping) return { type: 'ping', payload }
		if (opcode === opcodes.pong) return { type: 'pong' }
		if (payload.length === 1) throw new FrameError(1002, 'a close frame has half a status')
		const code = payload.length === 0 ? 1000 : payload.readUInt16BE(0)
		if (!isSentCode(code)) throw new FrameError(1002, 'a close frame has an invalid status')
		decode(payload.subarray(2))
		return { type: 'close', code }
	}
}

/** @param done how many bytes of the payload are before these. */
function unmask(payload: Buffer, mask: number, done: number): void {
	const maskAt = (index: number) => (mask >>> (24 - 8 * ((done + index) & 3))) & 255
	const first = Math.min(payload.length, -payload.byteOffset & 3)
	const words = (payload.length - first) >> 2
	const last = first + 4 * words
	const unmaskBytes = (from: number, to: number) => {
		for (let index = from; index < to; index++) payload[index] = (payload[index] ?? 0) ^ maskAt(index)
	}
	unmaskBytes(0, first)
	unmaskBytes(last, payload.length)
	if (words === 0) return
	// Four bytes at a time, in the byte order of this machine.
	const four = Uint8Array.of(maskAt(first), maskAt(first + 1), maskAt(first + 2), maskAt(first + 3))
	const [word = 0] = new Uint32Array(four.buffer)
	const view = new Uint32Array(payload.buffer, payload.byteOffset + first, words)
	for (let index = 0; index < words; index++) view[index] = (view[index] ?? 0) ^ word
}

/** @throws FrameError */
function decode(bytes: Uint8Array): string {
	try {
		return utf8.decode(bytes)
	} catch (cause) {
		throw Object.assign(new FrameError(1007, 'a message is not UTF-8'), { cause })
	}
}

/** Whether a close frame may have this status: those in between are reserved (RFC 6455, section 7.4). */
function isSentCode(code: number): boolean {
	return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code < 5000)
}

/** A frame of the server with a whole message. */
export function writeFrame(opcode: keyof typeof opcodes, payload: Uint8Array): Uint8Array {
	const length = payload.byteLength
	const headBytes = length < 126 ? 2 : length < 65_536 ? 4 : 10
	const frame = Buffer.allocUnsafe(headBytes + length)
	frame[0] = 128 | opcodes[opcode]
	frame[1] = length < 126 ? length : length < 65_536 ? 126 : 127
	if (headBytes === 4) frame.writeUInt16BE(length, 2)
	if (headBytes === 10) frame.writeBigUInt64BE(BigInt(length), 2)
	frame.set(payload, headBytes)
	return frame
}

export function writeCloseFrame(code: number, reason: string): Uint8Array {
	const text = Buffer.from(reason).subarray(0, maxControlBytes - 2)
	const payload = Buffer.allocUnsafe(2 + text.length)
	payload.writeUInt16BE(code, 0)
	payload.set(text, 2)
	return writeFrame('close', payload)
}
