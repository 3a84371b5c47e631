// Sends bytes to a server and reads one response, on connections that are reused. A response that does not come is a hang if
// the server answers later requests meanwhile: a busy machine is not. It does not know what the bytes mean.

import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { type ResponseHead, ResponseParser } from '../../src/engines/upstream/http/response-parser.ts'

export type Exchanged =
	| { readonly type: 'response'; readonly head: ResponseHead; readonly body: Buffer }
	/** The connection was closed before the response was complete. */
	| { readonly type: 'closed'; readonly received: string }
	| { readonly type: 'hang'; readonly received: string }
	/** It is not a response, or more than one. */
	| { readonly type: 'malformed'; readonly cause: string }

export interface ExchangeOptions {
	readonly headOnly: boolean
	/** Nothing else may be sent on the connection. */
	readonly isLast: boolean
}

/** Time without a response after which later requests are sent, in milliseconds. */
const timeoutMs = 10_000
/** Later requests, one after the other, that are answered before the response counts as missing. */
const laterRequests = 5
/** Even a busy server must have answered by then, in milliseconds. */
const longestMs = 120_000
const maxHeadBytes = 65_536

/** The connections of one client, which sends one request after the other. */
export class Connection {
	private readonly address: { readonly host: string; readonly port: number }
	private readonly probe: () => Promise<unknown>
	private socket: Socket | undefined

	/** @param probe sends a request on another connection, and resolves when it is answered. */
	constructor(url: string, probe: () => Promise<unknown>) {
		const { hostname, port } = new URL(url)
		this.address = { host: hostname, port: Number(port) }
		this.probe = probe
	}

	async send(bytes: Uint8Array, options: ExchangeOptions): Promise<Exchanged> {
		const reused = this.socket !== undefined
		const exchanged = await this.exchange(bytes, options)
		// An idle connection may be closed at any time.
		const wasClosed = exchanged.type === 'closed' && exchanged.received === ''
		return reused && wasClosed ? this.exchange(bytes, options) : exchanged
	}

	close(): void {
		this.socket?.destroy()
		this.socket = undefined
	}

	private exchange(bytes: Uint8Array, { headOnly, isLast }: ExchangeOptions): Promise<Exchanged> {
		const socket = this.socket ?? connect(this.address).setNoDelay(true)
		this.socket = socket
		const parser = new ResponseParser({ maxHeadBytes })
		const pieces: Uint8Array[] = []
		return new Promise((resolve) => {
			let isFinished = false
			const finish = (exchanged: Exchanged) => {
				if (isFinished) return
				isFinished = true
				clearTimeout(timeout)
				clearTimeout(limit)
				socket.removeAllListeners()
				socket.on('error', () => undefined)
				if (isLast || headOnly || exchanged.type !== 'response' || !parser.reusable) this.close()
				resolve(exchanged)
			}
			const received = () => `${parser.head?.status ?? ''} ${Buffer.concat(pieces).toString('latin1')}`.trim()
			const complete = () => {
				if (parser.head !== undefined) finish({ type: 'response', head: parser.head, body: Buffer.concat(pieces) })
			}
			const hang = () => finish({ type: 'hang', received: received() })
			const timeout = setTimeout(async () => {
				for (let sent = 0; sent < laterRequests; sent++) await this.probe()
				hang()
			}, timeoutMs)
			const limit = setTimeout(hang, longestMs)
			socket.on('data', (data: Buffer) => {
				try {
					pieces.push(parser.read(data))
				} catch (thrown) {
					return finish({ type: 'malformed', cause: String(thrown) })
				}
				if (parser.done || (parser.head !== undefined && (headOnly || parser.head.status === 101))) complete()
			})
			const end = () => {
				try {
					parser.end()
					complete()
				} catch {
					finish({ type: 'closed', received: received() })
				}
			}
			socket.on('end', end).on('close', end).on('error', end)
			socket.write(bytes)
		})
	}
}

/** Memory of a process that is not shared with others, in bytes. */
export function residentBytesOf(pid: number): number {
	const kilobytes = /^RssAnon:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
	return Number(kilobytes) * 1024
}
