// A relay between a gateway and its database that can be cut, silenced and restored. It does not parse what passes.

import { connect, createServer, type Server, type Socket } from 'node:net'

export class Relay {
	private readonly target: URL
	private readonly sockets = new Set<Socket>()
	private readonly upstreams = new Set<Socket>()
	private server: Server | undefined
	private silent = false
	/** Chosen when it is first restored, and constant from then on. */
	port = 0

	/** @param target the database's URL. */
	constructor(target: string) {
		this.target = new URL(target)
	}

	/** The database's URL through this relay. */
	get url(): string {
		const through = new URL(this.target)
		through.hostname = '127.0.0.1'
		through.port = String(this.port)
		return through.href
	}

	/** Lets new connections through. */
	async restore(): Promise<void> {
		this.silent = false
		if (this.server !== undefined) return
		const server = createServer((client) => this.relay(client))
		await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve))
		const address = server.address()
		if (typeof address === 'object' && address !== null) this.port = address.port
		this.server = server
	}

	/** Connections break, and new ones are refused. */
	async cut(): Promise<void> {
		const closed = new Promise((resolve) => this.server?.close(resolve))
		for (const socket of this.sockets) socket.destroy()
		this.sockets.clear()
		await closed
		this.server = undefined
	}

	/** Like a host without power: connections stay open and deliver nothing, new ones too. */
	fallSilent(): void {
		this.silent = true
		for (const socket of this.sockets) socket.unpipe().pause()
	}

	/**
	 * Like an address that moves to another host: open connections deliver nothing and are not closed, the server loses
	 * them, and new ones work.
	 */
	failOver(): void {
		for (const end of this.upstreams) {
			end.unpipe().removeAllListeners('close')
			end.destroy()
		}
		this.upstreams.clear()
	}

	private relay(client: Socket): void {
		this.track(client)
		if (this.silent) return
		const upstream = connect(Number(this.target.port), this.target.hostname)
		this.track(upstream)
		this.upstreams.add(upstream)
		for (const socket of [client, upstream])
			socket.on('close', () => {
				client.destroy()
				upstream.destroy()
			})
		client.pipe(upstream).pipe(client)
	}

	private track(socket: Socket): void {
		this.sockets.add(socket)
		socket.on('error', () => undefined)
	}
}
