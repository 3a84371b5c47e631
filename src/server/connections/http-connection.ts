// One connection of an HTTP/1.1 client: reads requests one after the other, also pipelined ones, and sends their
// responses. A client that closed its side for writing gets its answer. Every wait of the client has a timeout. It does
// not know paths, and does not decide which connections are accepted.
// Long because the states of one connection share its timers and buffers.

import type { Socket } from 'bun'
import { BodyParser } from '../../http/body-parser.ts'
import { HeadBuffer, HeadTooLargeError, MessageSyntaxError } from '../../http/message-head.ts'
import { type RequestHead, readRequestHead, UnsupportedRequestError } from '../../http/request-head.ts'
import { type OutgoingResponse, WrittenResponse } from '../../http/written-response.ts'
import type { Timed } from '../../system/sweep.ts'
import { ArrivingRequest, type BodySource } from './arriving-request.ts'
import {
	chunkMessages,
	completeMessage,
	continueMessage,
	declaredBytes,
	isStream,
	lastChunk,
	probeBeforeHead,
	probeBetweenChunks,
	type ResponseFraming,
	refusalMessage,
	sizedHead,
	streamHead,
} from './response-message.ts'
import { SocketOutput } from './socket-output.ts'

/** All in milliseconds. */
export interface ConnectionTimeouts {
	/** Between two requests. */
	readonly idleMs: number
	/** For the head of a request, from its first byte, or from the beginning of the connection. */
	readonly headMs: number
}

/** What takes over the connection after an upgrade. */
export interface UpgradedConnection {
	data(bytes: Buffer): void
	check(nowMs: number): void
	/** The connection was closed. */
	closed(): void
	/** The server shuts down. */
	end(): void
}

/** Takes over the connection; `head` is the response that announces it. */
export interface Upgrade {
	readonly head: Uint8Array
	start(connection: HttpConnection): UpgradedConnection
	/** The client disconnected before the upgrade. */
	cancel(): void
}

/** What a connection needs of its listener. */
export interface ConnectionOwner {
	readonly timeouts: ConnectionTimeouts
	/** The server shuts down: responses are the last of their connection. */
	readonly closing: boolean
	answer(request: ArrivingRequest): Promise<OutgoingResponse | Upgrade>
	/** The connection began or ended a request. */
	changed(): void
	closed(): void
}

type ConnectionState = 'waiting' | 'head' | 'busy' | 'lingering' | 'upgraded' | 'closed'

/** Maximum size of a head, in bytes. */
const maxHeadBytes = 32_768
/** Bytes of a body, or of later requests, that may wait before the connection is paused. */
const maxWaitingBytes = 131_072
/** How long the rest of a request is discarded after its response, so that the client can read that, in milliseconds. */
const lingerMs = 2000
/** How long a client may read nothing of its response, in milliseconds. */
const stallMs = 300_000

export class HttpConnection implements Timed, BodySource {
	/** Of the peer; undefined on a Unix socket. */
	readonly address: string | undefined
	readonly output: SocketOutput
	/** A request of this connection was authenticated. */
	known = false
	private readonly socket: Socket<unknown>
	private readonly owner: ConnectionOwner
	private state: ConnectionState = 'waiting'
	private sinceMs = performance.now()
	private headMs: number
	private head = new HeadBuffer(maxHeadBytes)
	private ahead: Buffer | undefined
	private request: ArrivingRequest | undefined
	private form: ResponseFraming | undefined
	private body: BodyParser | undefined
	private expectsContinue = false
	private sending: 'nothing' | 'chunks' | 'message' = 'nothing'
	private onlyOne = false
	private paused = false
	/** The client does not read its response. */
	private unread = false
	/** The client closed its side for writing. */
	private halfClosed = false
	private upgraded: UpgradedConnection | undefined

	constructor(socket: Socket<unknown>, owner: ConnectionOwner) {
		this.socket = socket
		this.owner = owner
		this.headMs = owner.timeouts.headMs
		this.address = socket.remoteAddress === '' ? undefined : socket.remoteAddress
		this.output = new SocketOutput(socket)
	}

	/** No request is in flight. */
	get isIdle(): boolean {
		return this.state === 'waiting' || this.state === 'head'
	}

	/**
	 * No work is lost if the connection is closed: no request is in flight, or only its client delays the end of the
	 * response, and was not authenticated.
	 */
	get isReplaceable(): boolean {
		return this.isIdle || this.state === 'lingering' || (this.state === 'busy' && this.unread && !this.known)
	}

	get isClosed(): boolean {
		return this.state === 'closed'
	}

	/** The first response is the last, and its request must arrive within `headMs` milliseconds. */
	limitToOne(headMs: number): void {
		this.headMs = Math.min(this.headMs, headMs)
		this.onlyOne = true
	}

	data(bytes: Buffer): void {
		if (this.state === 'upgraded') return void this.upgraded?.data(bytes)
		if (this.state === 'lingering' || this.state === 'closed') return
		this.ahead = this.ahead === undefined ? bytes : Buffer.concat([this.ahead, bytes])
		this.advance()
	}

	/** The client closed its side for writing, or disconnected: a probe distinguishes the two. */
	end(): void {
		this.halfClosed = true
		if (this.isIdle) return void this.shutDown()
		if (this.state !== 'busy' || this.body?.done === false) return void this.destroy()
		if (this.output.pendingBytes > 0 || this.form?.minorVersion !== 1) return
		if (this.sending === 'nothing') this.output.write(probeBeforeHead)
		if (this.sending === 'chunks') this.output.write(probeBetweenChunks)
	}

	close(): void {
		if (this.state === 'closed') return
		const { state } = this
		this.state = 'closed'
		this.output.close()
		if (state === 'busy') this.request?.abort()
		this.upgraded?.closed()
		this.owner.closed()
	}

	destroy(): void {
		this.socket.terminate()
		this.close()
	}

	/** Sends a last message to a client whose request is not read. */
	refuse(message: Uint8Array): void {
		this.output.write(message)
		this.linger()
	}

	/** The server shuts down: closes the connection unless a request is in flight. */
	stop(): void {
		if (this.isIdle) this.finishOutput()
		this.upgraded?.end()
	}

	/** Sends everything that was written, and closes the connection. */
	finishOutput(): void {
		const drained = this.output.whenDrained()
		if (drained === undefined) return void this.shutDown()
		void drained.then(() => this.shutDown())
	}

	/** Stops reading until `resume`. */
	pause(): void {
		if (this.paused) return
		this.paused = true
		this.socket.pause()
	}

	resume(): void {
		if (!this.paused || this.state === 'closed') return
		this.paused = false
		this.socket.resume()
	}

	check(nowMs: number): void {
		const { idleMs } = this.owner.timeouts
		const waitedMs = nowMs - this.sinceMs
		switch (this.state) {
			case 'waiting':
				if (waitedMs > (this.request === undefined ? this.headMs : idleMs)) this.shutDown()
				break
			case 'head':
				if (waitedMs > this.headMs)
					this.refuse(refusalMessage(408, 'The head of the request did not arrive in time.', 'request_timeout'))
				break
			case 'busy':
				if (this.output.pendingBytes > 0 && nowMs - this.output.lastProgressMs > stallMs) this.destroy()
				break
			case 'lingering':
				if (waitedMs > lingerMs) this.destroy()
				break
			case 'upgraded':
				this.upgraded?.check(nowMs)
				break
			case 'closed':
				break
			default:
				this.state satisfies never
		}
	}

	/** The reader of the body waits for more. */
	wanted(): void {
		if (this.state !== 'busy') return
		if (this.expectsContinue && this.sending === 'nothing') {
			this.expectsContinue = false
			this.output.write(continueMessage)
		}
		if ((this.request?.queuedBytes ?? 0) < maxWaitingBytes) this.resume()
	}

	private advance(): void {
		try {
			if (this.state === 'busy') this.readBody()
			else if (this.isIdle) this.readHead()
		} catch (thrown) {
			if (!(thrown instanceof MessageSyntaxError)) throw thrown
			this.reject(thrown)
		}
		if ((this.ahead?.length ?? 0) > maxWaitingBytes) this.pause()
	}

	private readHead(): void {
		const bytes = this.head.length === 0 ? withoutEmptyLines(this.ahead) : this.ahead
		this.ahead = bytes
		if (bytes === undefined || bytes.length === 0 || (bytes.length === 1 && this.head.length === 0)) return
		if (this.state === 'waiting') {
			this.state = 'head'
			this.sinceMs = performance.now()
		}
		const complete = this.head.read(bytes, 0)
		this.ahead = complete === undefined || complete.end === bytes.length ? undefined : bytes.subarray(complete.end)
		if (complete !== undefined) this.begin(readRequestHead(complete.lines))
	}

	private begin(head: RequestHead): void {
		const { framing, minorVersion, method } = head
		const request = new ArrivingRequest(head, this)
		this.state = 'busy'
		this.sending = 'nothing'
		this.request = request
		this.form = { minorVersion, closes: !head.persistent || this.onlyOne, headOnly: method === 'HEAD' }
		this.body = framing === undefined ? undefined : new BodyParser(framing, maxHeadBytes)
		this.expectsContinue = head.expectsContinue && framing !== undefined
		this.owner.changed()
		this.readBody()
		void this.respond(request)
	}

	private readBody(): void {
		const { body, request, ahead } = this
		if (body === undefined || request === undefined || ahead === undefined || body.done) return
		const pieces: Uint8Array[] = []
		const end = body.read(ahead, 0, pieces)
		this.ahead = end === ahead.length ? undefined : ahead.subarray(end)
		// One piece for each read: a body in chunks of one byte is not as many objects.
		const [first] = pieces
		if (first !== undefined) request.push(pieces.length === 1 ? first : Buffer.concat(pieces))
		if (body.done) request.end()
		else if (request.queuedBytes > maxWaitingBytes) this.pause()
	}

	/** Answers input that cannot be read; nothing after it can be read either. */
	private reject(error: MessageSyntaxError): void {
		const message = `The request is not valid HTTP: ${error.message}.`
		if (this.state === 'busy' && this.sending !== 'nothing') return void this.destroy()
		this.request?.fail(message)
		if (this.state === 'busy') {
			this.request?.abort()
			this.sending = 'message'
		}
		if (error instanceof HeadTooLargeError) this.refuse(refusalMessage(431, message, 'request_headers_too_large'))
		else if (error instanceof UnsupportedRequestError)
			this.refuse(refusalMessage(error.status, message, 'unsupported_protocol'))
		else this.refuse(refusalMessage(400, message, 'invalid_http_request'))
	}

	private async respond(request: ArrivingRequest): Promise<void> {
		try {
			const response = await this.owner.answer(request)
			if (this.state !== 'busy') return void (await discard(response))
			if (response instanceof Response || response instanceof WrittenResponse) await this.send(response)
			else this.startUpgrade(response)
		} catch {
			// The body of a response failed, which ends its connection: no client may mistake it for the end of the answer.
			this.destroy()
		}
	}

	private async send(response: OutgoingResponse): Promise<void> {
		if (response instanceof WrittenResponse) this.sendComplete(response)
		else await this.sendWeb(response, declaredBytes(response), this.currentForm())
		if (this.isClosed) return
		if (this.output.pendingBytes > 0) await this.drained()
		this.finish()
	}

	private async sendWeb(response: Response, bytes: number | undefined, form: ResponseFraming): Promise<void> {
		if (isStream(response)) await this.sendStream(response, form)
		else if (bytes !== undefined) await this.sendPieces(response, bytes, form)
		else {
			const { status, headers } = response
			const body = await response.bytes()
			if (this.state !== 'busy') return
			this.sendComplete({ status, headers: headers.toJSON(), body })
		}
	}

	private sendComplete(response: Pick<WrittenResponse, 'status' | 'headers' | 'body'>): void {
		this.sending = 'message'
		this.output.write(completeMessage(response, this.currentForm()))
	}

	private async sendStream(response: Response, form: ResponseFraming): Promise<void> {
		this.output.write(streamHead(response, form))
		const inChunks = form.minorVersion === 1
		this.sending = inChunks ? 'chunks' : 'message'
		if (form.headOnly) return void (await response.body?.cancel())
		const isWhole = await this.sendBody(response, inChunks ? chunkMessages : (bytes) => [bytes])
		if (!isWhole) return
		if (inChunks) this.output.write(lastChunk)
		else this.form = { ...form, closes: true }
	}

	private async sendPieces(response: Response, bytes: number, form: ResponseFraming): Promise<void> {
		this.output.write(sizedHead(response, bytes, form))
		this.sending = 'message'
		if (form.headOnly) return void (await response.body?.cancel())
		await this.sendBody(response, (piece) => [piece])
	}

	/** @returns whether all of it was sent: the client may disconnect before. */
	private async sendBody(response: Response, write: (bytes: Uint8Array) => readonly Uint8Array[]): Promise<boolean> {
		const reader = response.body?.getReader()
		for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) {
			if (this.isClosed) {
				await reader?.cancel()
				return false
			}
			if (next.value.byteLength === 0) continue
			for (const bytes of write(next.value)) this.output.write(bytes)
			if (this.output.pendingBytes > 0) await this.drained()
		}
		return true
	}

	/** Waits until the client has read enough of the response. */
	private async drained(): Promise<void> {
		const drained = this.output.whenDrained()
		if (drained === undefined) return
		this.unread = true
		this.owner.changed()
		await drained
		this.unread = false
		this.owner.changed()
	}

	/** The form of the response, by what is known now. */
	private currentForm(): ResponseFraming {
		const { minorVersion = 1, closes = true, headOnly = false } = this.form ?? {}
		const isLast = this.halfClosed && this.ahead === undefined
		const closesNow = closes || isLast || this.owner.closing || this.body?.done === false
		this.form = { minorVersion, closes: closesNow, headOnly }
		return this.form
	}

	/** The response was sent. */
	private finish(): void {
		if (this.state !== 'busy') return
		if (this.currentForm().closes) return void this.linger()
		this.state = 'waiting'
		this.sinceMs = performance.now()
		this.body = undefined
		this.resume()
		this.owner.changed()
		this.advance()
		// Nothing follows what the client sent before it closed its side.
		if (this.halfClosed && this.isIdle) this.finishOutput()
	}

	/**
	 * Sends everything that was written, and closes the connection when the client does, or a short time later. What the
	 * client still sends is discarded: unread input would reset the connection, and the client might lose the output.
	 */
	linger(): void {
		if (this.state === 'closed') return
		const complete = this.state === 'busy' && this.body?.done !== false && this.ahead === undefined
		this.state = 'lingering'
		this.sinceMs = performance.now()
		this.ahead = undefined
		this.resume()
		this.owner.changed()
		if (complete || this.halfClosed) return void this.finishOutput()
		const drained = this.output.whenDrained()
		if (drained === undefined) this.socket.shutdown()
		else void drained.then(() => this.socket.shutdown())
	}

	private startUpgrade(upgrade: Upgrade): void {
		this.output.write(upgrade.head)
		this.state = 'upgraded'
		this.upgraded = upgrade.start(this)
		const { ahead } = this
		this.ahead = undefined
		this.resume()
		if (ahead !== undefined) this.upgraded.data(ahead)
	}

	private shutDown(): void {
		if (this.state === 'closed') return
		this.socket.end()
		this.close()
	}
}

function discard(response: OutgoingResponse | Upgrade): Promise<void> | void {
	if (response instanceof Response) return response.body?.cancel()
	if (!(response instanceof WrittenResponse)) response.cancel()
}

const [cr, lf] = [13, 10]

/** Empty lines before a request line are ignored (RFC 9112, section 2.2). */
function withoutEmptyLines(bytes: Buffer | undefined): Buffer | undefined {
	let at = 0
	while (bytes?.[at] === cr && bytes[at + 1] === lf) at += 2
	return at === 0 ? bytes : bytes?.subarray(at)
}
