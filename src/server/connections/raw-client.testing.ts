// A client that writes bytes to a socket and collects what arrives, for tests of the server's HTTP.

import { connect, type Socket } from 'node:net'
import { socketPathOf } from '../../http/listen-address.ts'

export class RawClient {
	received = ''
	/** How the connection ended: `open` until then. */
	state: 'open' | 'ended' | 'reset' = 'open'
	private readonly socket: Socket
	private watchers: (() => void)[] = []

	private constructor(socket: Socket) {
		this.socket = socket
		socket.on('data', (data) => {
			this.received += data.toString('latin1')
			this.notify()
		})
		socket.on('error', () => this.finish('reset'))
		socket.on('end', () => this.finish('ended'))
		socket.on('close', () => this.finish('reset'))
	}

	/** @param url `http://host:port`, or `unix:` and a path. @param localAddress of this machine. */
	static async connect(url: string, localAddress?: string): Promise<RawClient> {
		const path = socketPathOf(url)
		const { hostname, port } = new URL(url)
		const address = path === undefined ? { host: hostname, port: Number(port), localAddress } : { path }
		const socket = connect({ ...address, allowHalfOpen: true })
		const client = new RawClient(socket)
		await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
		return client
	}

	write(text: string | Uint8Array): void {
		this.socket.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text)
	}

	/** Closes the side for writing only. */
	halfClose(): void {
		this.socket.end()
	}

	destroy(): void {
		this.socket.destroy()
	}

	pause(): void {
		this.socket.pause()
	}

	resume(): void {
		this.socket.resume()
	}

	/** Resolves when `check` accepts the client's state. @throws Error after ten seconds. */
	async until(description: string, check: (client: this) => boolean): Promise<this> {
		const untilMs = performance.now() + 10_000
		while (!check(this)) {
			if (performance.now() > untilMs)
				throw new Error(`no ${description}; state ${this.state}, received: ${this.received.slice(0, 500)}`)
			await new Promise<void>((resolve) => {
				const timer = setTimeout(resolve, 1000)
				this.watchers.push(() => {
					clearTimeout(timer)
					resolve()
				})
			})
		}
		return this
	}

	/** Resolves when the server has closed the connection. */
	closed(): Promise<this> {
		return this.until('close', ({ state }) => state !== 'open')
	}

	contains(text: string): Promise<this> {
		return this.until(`"${text}"`, ({ received }) => received.includes(text))
	}

	/** The status codes of the responses so far. */
	get statuses(): readonly number[] {
		return [...this.received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))
	}

	private finish(state: 'ended' | 'reset'): void {
		if (this.state === 'open') this.state = state
		this.notify()
	}

	private notify(): void {
		const watchers = this.watchers
		this.watchers = []
		for (const watch of watchers) watch()
	}
}
