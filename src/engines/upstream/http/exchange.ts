// One request and its response on one connection: parses the response, delivers the body on demand, and enforces the
// timeouts.

import type { Sweep, Timed } from '../../../system/sweep.ts'
import type { TickBatch } from '../../../system/tick-batch.ts'
import type { Connection, ConnectionUser } from './connection.ts'
import { HttpFailure, type HttpFailureReason } from './http-failure.ts'
import type { IncomingResponse } from './incoming-response.ts'
import { ResponseParser } from './response-parser.ts'

/** All in milliseconds. */
export interface ExchangeTimeouts {
	/** From the request to the first byte of the response body. */
	readonly firstByteMs: number
	/** Between two reads from the socket, while a reader is waiting. */
	readonly betweenChunksMs: number
	/** From the request to the end of the response. */
	readonly totalMs: number
}

/** Stores connections that can be reused. */
export interface ConnectionKeeper {
	/** @param keepMs the idle timeout that the server advertised, if any. */
	keep(connection: Connection, keepMs: number | undefined): void
}

/** Shared by the exchanges of one client. */
export interface ExchangeContext {
	readonly timeouts: ExchangeTimeouts
	readonly running: Sweep<Exchange>
	readonly arriving: TickBatch
	readonly keeper: ConnectionKeeper
}

const maxHeadBytes = 65_536
/** Maximum number of bytes that are buffered for the reader. */
const readAheadBytes = 262_144
/** Maximum number of bytes that are read from a released response. */
const drainBytes = 65_536
const drainMs = 1000
const none: ReadonlyMap<string, string> = new Map()

export class Exchange implements IncomingResponse, ConnectionUser, Timed {
	private readonly connection: Connection
	private readonly context: ExchangeContext
	private readonly signal: AbortSignal | undefined
	private readonly parser = new ResponseParser({ maxHeadBytes })
	private readonly head = Promise.withResolvers<IncomingResponse>()
	private readonly startMs = performance.now()
	private lastMs = this.startMs
	private bodyStarted = false
	private queue: Uint8Array[] = []
	private queuedBytes = 0
	private paused = false
	private deliveryScheduled = false
	private waiter: PromiseWithResolvers<Uint8Array | undefined> | undefined
	private failure: HttpFailure | undefined
	private over = false
	/** Limits for reading the rest of a released response; undefined before `release`. */
	private draining: { bytes: number; untilMs: number } | undefined

	constructor(connection: Connection, context: ExchangeContext, signal: AbortSignal | undefined) {
		this.connection = connection
		this.context = context
		this.signal = signal
	}

	get status(): number {
		return this.parser.head?.status ?? 0
	}

	get headers(): ReadonlyMap<string, string> {
		return this.parser.head?.headers ?? none
	}

	/** @throws HttpFailure */
	begin(message: string | Buffer): Promise<IncomingResponse> {
		this.context.running.add(this)
		if (this.signal?.aborted === true) this.cancel()
		else {
			this.signal?.addEventListener('abort', this)
			this.connection.use(this)
			if (!this.over) this.connection.write(message)
		}
		return this.head.promise
	}

	read(): Promise<Uint8Array | undefined> {
		if (this.queue.length > 0) return Promise.resolve(this.takeQueue())
		if (this.failure !== undefined) return Promise.reject(this.failure)
		if (this.over) return Promise.resolve(undefined)
		this.lastMs = performance.now()
		this.waiter = Promise.withResolvers<Uint8Array | undefined>()
		return this.waiter.promise
	}

	readAll(maxBytes: number): Uint8Array | Promise<Uint8Array> {
		if (!this.over || this.failure !== undefined) return this.gather(maxBytes)
		if (this.queuedBytes > maxBytes) throw this.refuse(maxBytes)
		return this.takeQueue()
	}

	release(): void {
		if (this.over) return
		this.draining = { bytes: drainBytes, untilMs: performance.now() + drainMs }
		this.queue = []
		this.queuedBytes = 0
		if (this.paused) this.resume()
	}

	/** Called when the caller's signal is aborted. */
	handleEvent(): void {
		this.cancel()
	}

	cancel(): void {
		if (!this.over) this.fail('aborted', 'the request was cancelled')
	}

	/** The client is being closed. */
	cut(): void {
		this.fail('aborted', 'the client was closed')
	}

	check(nowMs: number): void {
		if (this.draining !== undefined) {
			if (nowMs > this.draining.untilMs) this.fail('aborted', 'the rest of the response took too long')
			return
		}
		const { firstByteMs, betweenChunksMs, totalMs } = this.context.timeouts
		const runningMs = nowMs - this.startMs
		if (runningMs > totalMs) this.fail('total-timeout', 'the response took too long')
		else if (!this.bodyStarted && runningMs > firstByteMs)
			this.fail('first-byte-timeout', 'the response did not start in time')
		else if (this.bodyStarted && this.waiter !== undefined && nowMs - this.lastMs > betweenChunksMs)
			this.fail('quiet-timeout', 'the response stalled for too long')
	}

	data(bytes: Buffer): void {
		this.lastMs = performance.now()
		try {
			const body = this.parser.read(bytes)
			if (body.byteLength > 0) this.receive(body)
		} catch (cause) {
			this.fail('protocol', 'the response is not valid HTTP', cause)
		}
		if (this.parser.done) this.finish()
		this.scheduleDelivery()
	}

	ended(error: unknown): void {
		if (this.over) return
		try {
			if (error instanceof Error) throw error
			this.parser.end()
			this.finish()
			this.scheduleDelivery()
		} catch (cause) {
			this.fail('cut', 'the server closed the connection', cause)
		}
	}

	private receive(body: Uint8Array): void {
		this.bodyStarted = true
		if (this.draining !== undefined) {
			this.draining.bytes -= body.byteLength
			if (this.draining.bytes < 0) this.fail('aborted', 'the rest of the response is too long')
			return
		}
		this.queue.push(body)
		this.queuedBytes += body.byteLength
		if (this.queuedBytes > readAheadBytes && !this.paused && !this.parser.done) {
			this.paused = true
			this.connection.pause()
		}
	}

	private async gather(maxBytes: number): Promise<Uint8Array> {
		const pieces: Uint8Array[] = []
		let bytes = 0
		for (let piece = await this.read(); piece !== undefined; piece = await this.read()) {
			bytes += piece.byteLength
			if (bytes > maxBytes) throw this.refuse(maxBytes)
			pieces.push(piece)
		}
		return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces)
	}

	private takeQueue(): Uint8Array {
		const { queue } = this
		this.queue = []
		this.queuedBytes = 0
		if (this.paused) this.resume()
		return queue.length === 1 && queue[0] !== undefined ? queue[0] : Buffer.concat(queue)
	}

	private resume(): void {
		this.paused = false
		this.connection.resume()
	}

	private finish(): void {
		if (this.over) return
		this.settle()
		if (this.parser.reusable) this.context.keeper.keep(this.connection, readKeepAlive(this.headers.get('keep-alive')))
		else this.connection.destroy()
	}

	private scheduleDelivery(): void {
		if (this.deliveryScheduled) return
		this.deliveryScheduled = true
		this.context.arriving.add(this.deliver)
	}

	/** Delivers what has arrived to the waiting reader. */
	private readonly deliver = (): void => {
		this.deliveryScheduled = false
		if (this.parser.head !== undefined) this.head.resolve(this)
		const { waiter } = this
		if (waiter === undefined) return
		if (this.queue.length > 0) waiter.resolve(this.takeQueue())
		else if (this.failure !== undefined) waiter.reject(this.failure)
		else if (this.over) waiter.resolve(undefined)
		else return
		this.waiter = undefined
	}

	private fail(reason: HttpFailureReason, message: string, cause?: unknown): void {
		if (this.over) return
		const sent = this.parser.head !== undefined ? 'yes' : this.connection.wrote ? 'maybe' : 'nothing'
		this.failure = new HttpFailure(reason, message, { sent, cause })
		this.settle()
		this.connection.destroy()
		if (this.parser.head === undefined) {
			this.head.reject(this.failure)
			this.head.promise.catch(() => undefined)
		}
		this.scheduleDelivery()
	}

	private refuse(maxBytes: number): HttpFailure {
		this.cancel()
		return new HttpFailure('too-large', `the response is larger than ${maxBytes} bytes`, { sent: 'yes' })
	}

	private settle(): void {
		this.over = true
		this.signal?.removeEventListener('abort', this)
		this.context.running.delete(this)
	}
}

/** Milliseconds of `Keep-Alive: timeout=SECONDS`. */
function readKeepAlive(header: string | undefined): number | undefined {
	const seconds = /\btimeout=(\d{1,6})\b/.exec(header ?? '')?.[1]
	return seconds === undefined ? undefined : Number(seconds) * 1000
}
