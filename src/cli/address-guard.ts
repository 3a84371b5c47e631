// Reserves an address for one deployment. Workers share an address with SO_REUSEPORT, so the system would let a second
// deployment bind it too and spread requests over both. The supervisor therefore checks first, and holds a mark that
// others can find while it runs.

import { lookup } from 'node:dns/promises'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'

/** An address reserved for this process. */
export interface GuardedAddress {
	/** With the selected port, if port 0 was requested. */
	readonly address: string
	release(): void
}

const freePortTries = 20

/**
 * Ensures that no other process listens on `address` or supervises workers that do, and excludes supervisors that start
 * later.
 *
 * @throws Error with the system's `code`, `EADDRINUSE` if the address is taken.
 */
export async function guardAddress(address: string): Promise<GuardedAddress> {
	const colon = address.lastIndexOf(':')
	const host = address.slice(0, colon)
	const port = Number(address.slice(colon + 1))
	if (port !== 0) return guardPort(host, port)
	for (let tries = 1; ; tries++) {
		try {
			return await guardPort(host, await freePort(host))
		} catch (cause) {
			if (!isInUse(cause) || tries === freePortTries) throw cause
		}
	}
}

export function isInUse(cause: unknown): boolean {
	return cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE'
}

async function guardPort(host: string, port: number): Promise<GuardedAddress> {
	// Other systems do not share ports: the second process fails to listen.
	const mark = process.platform === 'linux' ? await holdMark((await lookup(bare(host))).address, port) : undefined
	try {
		await close(await bind(host, port))
	} catch (cause) {
		mark?.close()
		throw cause
	}
	return { address: `${host}:${port}`, release: () => mark?.close() }
}

/** Listens without sharing, so that it fails if another process is listening. */
function bind(host: string, port: number): Promise<Server> {
	return opened((server) => server.listen({ host: bare(host), port, exclusive: true }))
}

/** Without the brackets of an IPv6 address. */
function bare(host: string): string {
	return host.replace(/^\[|\]$/g, '')
}

async function freePort(host: string): Promise<number> {
	const server = await bind(host, 0)
	const bound = server.address()
	await close(server)
	return typeof bound === 'object' && bound !== null ? bound.port : 0
}

const prefix = 'dragoman-workers'
const everyAddress: ReadonlySet<string> = new Set(['0.0.0.0', '::'])

/**
 * A socket in Linux's abstract namespace, which the system removes with its process. It is per network namespace, like
 * ports. A mark for all addresses of the machine excludes marks for one of them: each supervisor sets its own first and
 * then checks for others.
 */
async function holdMark(host: string, port: number): Promise<Server> {
	const mark = await opened((server) => server.listen(`\0${markOf(host, port)}`))
	mark.unref()
	const others = (await marksOf(port)).filter((other) => other !== host)
	if (!others.some((other) => everyAddress.has(host) || everyAddress.has(other))) return mark
	mark.close()
	throw Object.assign(new Error('another deployment serves this port'), { code: 'EADDRINUSE' })
}

/** The hosts of the existing marks for a port. */
async function marksOf(port: number): Promise<readonly string[]> {
	const table = await readFile('/proc/net/unix', 'utf8').catch(() => '')
	const start = `@${markOf('', port)}`
	return table
		.split('\n')
		.map((line) => line.split(' ').at(-1) ?? '')
		.filter((name) => name.startsWith(start))
		.map((name) => name.slice(start.length))
}

function markOf(host: string, port: number): string {
	return `${prefix}/${port}/${host}`
}

function opened(listen: (server: Server) => void): Promise<Server> {
	return new Promise((resolve, reject) => {
		const server = createServer((socket) => socket.destroy())
		server.once('error', reject)
		server.once('listening', () => resolve(server))
		listen(server)
	})
}

function close(server: Server): Promise<void> {
	return new Promise((resolve) => server.close(() => resolve()))
}
