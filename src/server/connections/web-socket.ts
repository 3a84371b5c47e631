// One WebSocket of a client (RFC 6455): messages in both directions on an upgraded connection, pings while it is idle,
// and its end. It does not know what messages mean.

import { createHash } from 'node:crypto'
import type { RequestHeaders } from '../../http/request-headers.ts'
import type { SocketPeer, SocketSender } from '../socket-peer.ts'
import type { ArrivingRequest } from './arriving-request.ts'
import { FrameError, type FrameEvent, FrameReader, writeCloseFrame, writeFrame } from './frame-reader.ts'
import type { HttpConnection, Upgrade, UpgradedConnection } from './http-connection.ts'

export interface WebSocketLimits {
	/** Maximum size of a message, in bytes. */
	readonly maxMessageBytes: number
	/** A client that sends nothing, not even the answer to a ping, for this long is disconnected, in milliseconds. */
	readonly idleMs: number
}

/** Bytes in the send buffer above which nothing more is read. */
const maxBufferedBytes = 262_144
/** Bytes that are read in one turn of the event loop. */
const readBytes = 65_536
const magic = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** Whether a request asks for a WebSocket that this server supports. */
export function asksForWebSocket({ method, headers, mayUpgrade }: ArrivingRequest): boolean {
	return (
		mayUpgrade &&
		method === 'GET' &&
		headers.get('upgrade')?.toLowerCase() === 'websocket' &&
		/\bupgrade\b/i.test(headers.get('connection') ?? '') &&
		headers.get('sec-websocket-version') === '13' &&
		/^[A-Za-z0-9+/]{22}==$/.test(headers.get('sec-websocket-key') ?? '')
	)
}

export function upgradeToWebSocket(headers: RequestHeaders, peer: SocketPeer, limits: WebSocketLimits): Upgrade {
	const accept = createHash('sha1')
		.update(`${headers.get('sec-websocket-key')}${magic}`)
		.digest('base64')
	const protocol = headers.get('sec-websocket-protocol')?.split(',')[0]?.trim()
	const selected = protocol === undefined ? '' : `sec-websocket-protocol: ${protocol}\r\n`
	return {
		head: Buffer.from(
			`HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: ${accept}\r\n${selected}\r\n`,
			'latin1',
		),
		cancel: () => peer.close(),
		start: (connection) => new WebSocketConnection(connection, peer, limits),
	}
}

class WebSocketConnection implements UpgradedConnection, SocketSender {
	private readonly connection: HttpConnection
	private readonly peer: SocketPeer
	private readonly limits: WebSocketLimits
	private readonly frames: FrameReader
	private lastMs = performance.now()
	private pinged = false
	private closing = false
	/** What arrived and was not read yet. */
	private arrived: Buffer[] = []
	/** What arrived is read later. */
	private isPaused = false
	/** Messages that wait until the client has read those before them. */
	private waitingToSend = 0

	constructor(connection: HttpConnection, peer: SocketPeer, limits: WebSocketLimits) {
		this.connection = connection
		this.peer = peer
		this.limits = limits
		this.frames = new FrameReader({ maxMessageBytes: limits.maxMessageBytes, reserve: (bytes) => peer.reserve(bytes) })
	}

	data(bytes: Buffer): void {
		this.lastMs = performance.now()
		this.pinged = false
		if (this.closing) return
		this.arrived.push(bytes)
		if (this.arrived.length === 1) this.readArrived()
	}

	/** Some bytes in each turn of the event loop, so that the messages of one client do not occupy it. */
	private readonly readArrived = (): void => {
		const [bytes] = this.arrived
		if (bytes === undefined) return
		this.read(bytes.subarray(0, readBytes))
		if (this.closing) this.arrived = []
		else if (bytes.length > readBytes) this.arrived[0] = bytes.subarray(readBytes)
		else this.arrived.shift()
		if (this.arrived.length > 0) {
			this.connection.pause()
			this.isPaused = true
			setImmediate(this.readArrived)
		} else if (this.isPaused) {
			this.isPaused = false
			this.resume()
		}
	}

	private resume(): void {
		if (!this.isPaused && this.waitingToSend === 0) this.connection.resume()
	}

	private read(bytes: Buffer): void {
		try {
			for (const event of this.frames.read(bytes)) {
				this.handle(event)
				if (this.closing) return
			}
		} catch (thrown) {
			if (!(thrown instanceof FrameError)) throw thrown
			this.close(thrown.code, thrown.message)
		}
	}

	check(nowMs: number): void {
		const idleMs = nowMs - this.lastMs
		if (idleMs > this.limits.idleMs) return void this.connection.destroy()
		if (this.pinged || idleMs < this.limits.idleMs / 2) return
		this.pinged = true
		this.ping()
	}

	closed(): void {
		this.arrived = []
		this.peer.release(this.frames.heldBytes)
		this.peer.close()
	}

	end(): void {
		this.close(1001, 'the server shuts down')
	}

	async send(text: string): Promise<void> {
		if (this.closing) return
		this.connection.output.write(writeFrame('text', Buffer.from(text)))
		if (this.connection.output.pendingBytes <= maxBufferedBytes) return
		this.connection.pause()
		this.waitingToSend++
		await this.connection.output.whenDrained()
		this.waitingToSend--
		this.resume()
	}

	ping(): void {
		if (!this.closing) this.connection.output.write(writeFrame('ping', new Uint8Array(0)))
	}

	close(code: number, reason: string): void {
		if (this.closing) return
		this.closing = true
		this.lastMs = performance.now()
		this.connection.output.write(writeCloseFrame(code, reason))
		this.connection.linger()
	}

	private handle(event: FrameEvent): void {
		switch (event.type) {
			case 'text': {
				const release = () => this.peer.release(event.bytes)
				void this.peer.message(event.text, this).then(release, release)
				break
			}
			case 'ping':
				// A client that does not read gets no further answers.
				if (this.connection.output.pendingBytes <= maxBufferedBytes)
					this.connection.output.write(writeFrame('pong', event.payload))
				break
			case 'pong':
				break
			case 'close':
				this.close(event.code, '')
				break
			default:
				event satisfies never
		}
	}
}
