// An HTTP/1.1 server on raw sockets that misbehaves on demand. Each name under it (`http://host/NAME/v1`) is a separate upstream with
// its own script. It records the requests. It does not know the gateway.

import type { Socket } from 'bun'

/** A received request. */
export interface UpstreamRequest {
	readonly method: string
	readonly path: string
	/** By lower-case name. */
	readonly headers: ReadonlyMap<string, string>
	readonly body: string
	/** Bytes written to the connection so far, this answer and earlier ones. */
	readonly writtenBytes: number
	/** Whether the client closed the connection before the end of the answer. */
	readonly left: boolean
	/** Resolves when that happens. */
	readonly disconnected: Promise<void>
}

/** What a script may do with the connection of a request. */
export interface Exchange {
	readonly request: UpstreamRequest
	/** The connection is closed. */
	readonly closed: boolean
	/** Resolves when the system accepted all of it, or the connection is closed. */
	send(data: string | Uint8Array): Promise<void>
	/** Resolves after `ms`, or when the connection is closed. */
	pause(ms: number): Promise<void>
	/** Closes the connection in order, without sending more. */
	end(): void
	/** Resets it. */
	reset(): void
}

export type Script = (exchange: Exchange) => Promise<void> | void

export interface ScriptedUpstream {
	readonly port: number
	/** The base URL for an upstream of this name. */
	urlOf(name: string): string
	/** Scripts for the requests to `name`: one each, the last one for all further requests. */
	script(name: string, ...scripts: readonly [Script, ...Script[]]): void
	/** The requests to `name`, in order. */
	requestsTo(name: string): readonly UpstreamRequest[]
	/** Resolves as soon as `name` has received `count` requests. */
	request(name: string, count: number): Promise<UpstreamRequest>
	close(): void
}

export function openScriptedUpstream(): ScriptedUpstream {
	const scripts = new Map<string, Script[]>()
	const received: (UpstreamRequest & { readonly name: string })[] = []
	const watchers = new Set<() => void>()
	const take = (exchange: OpenExchange) => {
		const [, name = ''] = exchange.request.path.split('/')
		received.push(Object.assign(exchange.request, { name }))
		for (const watch of watchers) watch()
		const left = scripts.get(name) ?? []
		const script = left.length > 1 ? left.shift() : left[0]
		if (script === undefined) exchange.reset()
		else void exchange.run(script)
	}
	const listener = Bun.listen<Connection>({
		hostname: '127.0.0.1',
		port: 0,
		socket: {
			open(socket) {
				socket.data = new Connection(socket, take)
			},
			data: (socket, bytes) => socket.data.read(bytes),
			drain: (socket) => socket.data.wake(),
			end: (socket) => socket.data.close(),
			close: (socket) => socket.data.close(),
			error: (socket) => socket.data.close(),
		},
	})
	const requestsTo = (name: string) => received.filter((request) => request.name === name)
	return {
		port: listener.port,
		urlOf: (name) => `http://127.0.0.1:${listener.port}/${name}/v1`,
		script: (name, ...given) => scripts.set(name, [...given]),
		requestsTo,
		request: (name, count) =>
			new Promise((resolve) => {
				const check = () => {
					const request = requestsTo(name)[count - 1]
					if (request === undefined) return
					watchers.delete(check)
					resolve(request)
				}
				watchers.add(check)
				check()
			}),
		close: () => listener.stop(true),
	}
}

/** A port of this host without a listener. */
export function unusedPort(): number {
	const listener = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: () => undefined } })
	const { port } = listener
	listener.stop(true)
	return port
}

/** One connection: requests are read off it one after the other. */
class Connection {
	readonly socket: Socket<Connection>
	closed = false
	writtenBytes = 0
	private readonly take: (exchange: OpenExchange) => void
	private held = Buffer.alloc(0)
	private readonly waiting = new Set<() => void>()
	private readonly closing = new Set<() => void>()

	constructor(socket: Socket<Connection>, take: (exchange: OpenExchange) => void) {
		this.socket = socket
		this.take = take
	}

	read(bytes: Buffer): void {
		this.held = Buffer.concat([this.held, bytes])
		const headEnd = this.held.indexOf('\r\n\r\n')
		if (headEnd === -1) return
		const [requestLine = '', ...lines] = this.held.toString('latin1', 0, headEnd).split('\r\n')
		const headers = new Map(
			lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
		)
		const end = headEnd + 4 + Number(headers.get('content-length') ?? 0)
		if (this.held.length < end) return
		const body = this.held.toString('utf8', headEnd + 4, end)
		this.held = this.held.subarray(end)
		const [method = '', path = ''] = requestLine.split(' ')
		this.take(new OpenExchange(this, { method, path, headers, body }))
	}

	/** Resolves at the next change: the socket is writable again, or the connection is closed. */
	change(): Promise<void> {
		return new Promise((resolve) => this.waiting.add(resolve))
	}

	wake(): void {
		const { waiting } = this
		for (const resolve of [...waiting]) {
			waiting.delete(resolve)
			resolve()
		}
	}

	onClose(listener: () => void): void {
		if (this.closed) listener()
		else this.closing.add(listener)
	}

	close(): void {
		if (this.closed) return
		this.closed = true
		this.socket.end()
		this.wake()
		for (const listener of this.closing) listener()
	}
}

class OpenExchange implements Exchange {
	readonly request: UpstreamRequest
	private readonly connection: Connection
	private over = false

	constructor(connection: Connection, request: Pick<UpstreamRequest, 'method' | 'path' | 'headers' | 'body'>) {
		this.connection = connection
		const disconnected = Promise.withResolvers<void>()
		let left = false
		connection.onClose(() => {
			if (this.over) return
			left = true
			disconnected.resolve()
		})
		this.request = {
			...request,
			disconnected: disconnected.promise,
			get left() {
				return left
			},
			get writtenBytes() {
				return connection.writtenBytes
			},
		}
	}

	get closed(): boolean {
		return this.connection.closed
	}

	async run(script: Script): Promise<void> {
		await script(this)
		this.over = true
	}

	async send(data: string | Uint8Array): Promise<void> {
		let rest = typeof data === 'string' ? Buffer.from(data) : data
		while (rest.length > 0 && !this.closed) {
			const written = Math.max(0, this.connection.socket.write(rest))
			this.connection.writtenBytes += written
			rest = rest.subarray(written)
			if (rest.length > 0) await this.connection.change()
		}
	}

	async pause(ms: number): Promise<void> {
		const untilMs = performance.now() + ms
		while (!this.closed && performance.now() < untilMs) {
			let timer: ReturnType<typeof setTimeout> | undefined
			const timeout = new Promise<void>((resolve) => {
				timer = setTimeout(resolve, untilMs - performance.now())
			})
			await Promise.race([timeout, this.connection.change()])
			clearTimeout(timer)
		}
	}

	end(): void {
		this.over = true
		this.connection.socket.flush()
		this.connection.close()
	}

	reset(): void {
		this.over = true
		this.connection.socket.terminate()
	}
}
