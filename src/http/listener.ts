// A socket that HTTP requests arrive on. It knows no paths.

import type { Server } from 'bun'

export interface Listener {
	readonly url: string
	/** Stops accepting, lets what runs end within `deadlineMs`, then cuts it. */
	close(deadlineMs: number): Promise<void>
}

export interface ListenOptions {
	/** `host:port`, port 0 for a free one; or an absolute path of a Unix socket. */
	readonly address: string
	readonly fetch: (request: Request) => Promise<Response>
	/** Largest body that is read off the wire at all; what handlers refuse, they refuse below it. */
	readonly maxBodyBytes: number
}

/** Seconds without a byte before a connection that is not waiting for an answer is dropped. */
const idleSeconds = 60

/** @throws Error where the address cannot be listened on. */
export function listen({ address, fetch, maxBodyBytes }: ListenOptions): Listener {
	const handler = {
		maxRequestBodySize: maxBodyBytes,
		fetch(request: Request, bun: Server<undefined>) {
			// An answer may be quiet for as long as a model thinks; what bounds it is not the socket's business.
			bun.timeout(request, 0)
			return fetch(request)
		},
	}
	const server: Server<undefined> = address.startsWith('/')
		? Bun.serve(unixOptions({ ...handler, unix: address }))
		: Bun.serve({ ...handler, ...hostAndPort(address), idleTimeout: idleSeconds })
	return {
		url: address.startsWith('/')
			? `unix:${address}`
			: `http://${address.slice(0, address.lastIndexOf(':'))}:${server.port}`,
		async close(deadlineMs) {
			const ended = server.stop(false)
			let timer: ReturnType<typeof setTimeout> | undefined
			const late = new Promise<void>((resolve) => {
				timer = setTimeout(resolve, deadlineMs)
			})
			await Promise.race([ended, late])
			clearTimeout(timer)
			await server.stop(true)
		},
	}
}

function hostAndPort(address: string): { readonly hostname: string; readonly port: number } {
	const colon = address.lastIndexOf(':')
	return { hostname: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) }
}

/**
 * Whoever may open the socket may be quiet on it: Bun would cut a stream after 10 s, once its first chunk is written. Its types do not
 * know the option for Unix sockets; its server does.
 */
function unixOptions<Options extends { readonly unix: string }>(options: Options): Options {
	return Object.assign(options, { idleTimeout: 0 })
}
