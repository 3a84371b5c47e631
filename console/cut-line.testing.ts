// A line between browser and server that a test can cut: open connections break, and new ones are refused until it is mended.

import type { AddressInfo } from 'node:net'
import { connect, createServer, type Server, type Socket } from 'node:net'

export class CutLine {
	private readonly sockets = new Set<Socket>()
	/** The two ends of the connection that has sent something to the browser last. */
	private busy: readonly Socket[] = []
	private readonly server: Server
	private target: URL
	private isCut = false

	private constructor(target: string) {
		this.target = new URL(target)
		this.server = createServer((client) => this.join(client))
	}

	static async to(target: string): Promise<CutLine> {
		const line = new CutLine(target)
		await new Promise<void>((resolve) => line.server.listen(0, '127.0.0.1', resolve))
		return line
	}

	get url(): string {
		return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
	}

	cut(): void {
		this.isCut = true
		for (const socket of this.sockets) socket.destroy()
		this.sockets.clear()
	}

	/** As while a computer sleeps: the connection in use stays open without another byte, and all others end. */
	fallSilent(): void {
		for (const socket of this.sockets) {
			socket.removeAllListeners('data')
			if (this.busy.includes(socket)) socket.pause()
			else socket.destroy()
		}
	}

	/** Connects again, if given to another server. */
	mend(target?: string): void {
		if (target !== undefined) this.target = new URL(target)
		this.isCut = false
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.cut()
		await new Promise((resolve) => this.server.close(resolve))
	}

	private join(client: Socket): void {
		if (this.isCut) {
			client.destroy()
			return
		}
		const server = connect(Number(this.target.port), this.target.hostname)
		for (const [from, to] of [
			[client, server],
			[server, client],
		] as const) {
			this.sockets.add(from)
			from.on('data', (bytes) => {
				to.write(bytes)
				if (to === client) this.busy = [client, server]
			})
			from.on('close', () => {
				this.sockets.delete(from)
				to.destroy()
			})
			// A broken connection is what the test wants.
			from.on('error', () => to.destroy())
		}
	}
}
