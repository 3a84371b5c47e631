// For tests: a package index, a hub and a file server on one loopback port, with generated wheels, and switches that
// simulate faults of real servers. Not for production code.

import { createHash } from 'node:crypto'
import { mkdtemp } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32, deflateRawSync } from 'node:zlib'
import { systemClock } from '../system/clock.ts'
import type { CatalogueEntry } from './catalogue.ts'
import type { Registries } from './sources/registries.ts'
import { Weights } from './weights.ts'

/** Incompressible bytes that begin with the magic number of GGUF. */
export function ggufOf(sizeBytes: number, seed = 1): Uint8Array {
	const bytes = new Uint8Array(sizeBytes)
	let state = seed
	for (let at = 0; at < sizeBytes; at++) {
		state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + at) | 0
		bytes[at] = (state >>> 16) & (at % 3 === 0 ? 0xff : 0x0f)
	}
	bytes.set(new TextEncoder().encode('GGUF'))
	return bytes
}

export function sha256Of(bytes: Uint8Array): string {
	return createHash('sha256').update(bytes).digest('hex')
}

export interface WheelFile {
	readonly path: string
	readonly bytes: Uint8Array
	readonly packing: 'stored' | 'deflated'
}

/** A zip in the form of a wheel: local headers, central directory, end record. */
export function wheelOf(files: readonly WheelFile[], comment = ''): Uint8Array {
	const parts: Buffer[] = []
	const directory: Buffer[] = []
	let at = 0
	for (const { path, bytes, packing } of files) {
		const name = Buffer.from(path)
		const packed = packing === 'stored' ? Buffer.from(bytes) : deflateRawSync(bytes)
		const fields = Buffer.alloc(26)
		fields.writeUInt16LE(20, 0)
		fields.writeUInt16LE(packing === 'stored' ? 0 : 8, 4)
		fields.writeUInt32LE(crc32(bytes), 10)
		fields.writeUInt32LE(packed.byteLength, 14)
		fields.writeUInt32LE(bytes.byteLength, 18)
		fields.writeUInt16LE(name.byteLength, 22)
		const local = Buffer.concat([Buffer.from('PK\u0003\u0004', 'latin1'), fields, name, packed])
		const tail = Buffer.alloc(14)
		tail.writeUInt32LE(at, 10)
		directory.push(Buffer.concat([Buffer.from('PK\u0001\u0002\u0014\u0000', 'latin1'), fields, tail, name]))
		parts.push(local)
		at += local.byteLength
	}
	const central = Buffer.concat(directory)
	const end = Buffer.alloc(18)
	end.writeUInt16LE(files.length, 4)
	end.writeUInt16LE(files.length, 6)
	end.writeUInt32LE(central.byteLength, 8)
	end.writeUInt32LE(at, 12)
	end.writeUInt16LE(comment.length, 16)
	return new Uint8Array(
		Buffer.concat([...parts, central, Buffer.from('PK\u0005\u0006', 'latin1'), end, Buffer.from(comment)]),
	)
}

/** The server's behavior; may be changed between requests. */
export interface WeightsServerBehavior {
	/** Whether range requests are supported. */
	ranges: boolean
	/** `html` for an index that does not support JSON. */
	index: 'json' | 'html'
	/** Closes the connection, or stalls, after so many bytes of a response, so many times. */
	cut: { afterBytes: number; times: number; silent?: true } | undefined
	/** Rejects requests without this `authorization` header. */
	authorization: string | undefined
	/** The SHA-256 that the index reports for a file instead of the real one. */
	claimedSha256: string | undefined
}

export interface ReceivedDownload {
	readonly path: string
	readonly range: string | null
	readonly authorization: string | null
}

export interface FileServer extends Disposable {
	readonly url: string
	readonly behavior: WeightsServerBehavior
	/** All requests so far. */
	readonly requests: readonly ReceivedDownload[]
	readonly registries: Registries
}

/**
 * Serves `files` by path under `/files/`, and lists those with names of wheels in an index under `/simple/`.
 */
export async function serveFiles(files: ReadonlyMap<string, Uint8Array>): Promise<FileServer> {
	const behavior: WeightsServerBehavior = {
		ranges: true,
		index: 'json',
		cut: undefined,
		authorization: undefined,
		claimedSha256: undefined,
	}
	const requests: ReceivedDownload[] = []
	const server = Bun.serve({
		port: 0,
		hostname: '127.0.0.1',
		fetch(request) {
			const { pathname } = new URL(request.url)
			const authorization = request.headers.get('authorization')
			const range = request.headers.get('range')
			requests.push({ path: pathname, range, authorization })
			if (behavior.authorization !== undefined && authorization !== behavior.authorization)
				return new Response('who are you', { status: 401 })
			if (pathname.startsWith('/simple/')) return indexPage(pathname, files, behavior)
			const bytes = files.get(pathname.replace(/^\/(files\/)?/, ''))
			return bytes === undefined ? new Response('no such file', { status: 404 }) : fileAnswer(bytes, range, behavior)
		},
	})
	const proxy = await openCuttingProxy(server.port ?? 0, behavior)
	const url = `http://127.0.0.1:${proxy.port}`
	return {
		url,
		behavior,
		requests,
		registries: { packages: { url: `${url}/simple` }, hub: { url } },
		[Symbol.dispose]() {
			proxy.close()
			void server.stop(true)
		},
	}
}

function indexPage(
	pathname: string,
	files: ReadonlyMap<string, Uint8Array>,
	behavior: WeightsServerBehavior,
): Response {
	const project = pathname.split('/')[2] ?? ''
	const wheels = [...files].filter(
		([name]) => name.endsWith('.whl') && (name.split('-')[0] ?? '').replaceAll('_', '-') === project,
	)
	if (wheels.length === 0) return new Response('no such project', { status: 404 })
	const listed = wheels.map(([filename, bytes]) => ({
		filename,
		url: `../../files/${filename}`,
		sha256: behavior.claimedSha256 ?? sha256Of(bytes),
		size: bytes.byteLength,
	}))
	if (behavior.index === 'html')
		return new Response(
			listed
				.map(
					({ filename, url, sha256 }) =>
						`<a href="${url}#sha256=${sha256}" data-requires-python="&gt;=3.8">${filename}</a><br/>`,
				)
				.join('\n'),
			{
				headers: { 'content-type': 'text/html' },
			},
		)
	const page = {
		meta: { 'api-version': '1.1' },
		files: listed.map(({ sha256, ...file }) => ({ ...file, hashes: { sha256 } })),
	}
	return new Response(JSON.stringify(page), { headers: { 'content-type': 'application/vnd.pypi.simple.v1+json' } })
}

function fileAnswer(bytes: Uint8Array, range: string | null, behavior: WeightsServerBehavior): Response {
	const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? []
	const from = behavior.ranges && first !== undefined ? Number(first) : 0
	const until =
		behavior.ranges && last !== undefined && last !== ''
			? Math.min(Number(last) + 1, bytes.byteLength)
			: bytes.byteLength
	const ranged = behavior.ranges && first !== undefined
	if (from >= bytes.byteLength) return new Response(null, { status: 416 })
	const headers: Record<string, string> = {
		etag: `"${sha256Of(bytes).slice(0, 16)}"`,
		'content-length': String(until - from),
	}
	if (ranged) headers['content-range'] = `bytes ${from}-${until - 1}/${bytes.byteLength}`
	return new Response(new Uint8Array(bytes.subarray(from, until)), { status: ranged ? 206 : 200, headers })
}

/**
 * Forwards everything to `port`, but closes connections in the middle of a response as configured in `behavior.cut`.
 */
function openCuttingProxy(
	port: number,
	behavior: WeightsServerBehavior,
): Promise<{ readonly port: number; close(): void }> {
	const proxy = createServer((client) => {
		const backend = connect(port, '127.0.0.1')
		let answered = 0
		client.on('data', (chunk: Buffer) => {
			answered = 0
			backend.write(chunk)
		})
		backend.on('data', (chunk: Buffer) => {
			const { cut } = behavior
			answered += chunk.byteLength
			if (cut === undefined || cut.times === 0 || answered <= cut.afterBytes) return client.write(chunk)
			cut.times--
			backend.destroy()
			const last = chunk.subarray(0, chunk.byteLength - (answered - cut.afterBytes))
			return cut.silent ? client.write(last) : client.end(last)
		})
		client.on('error', () => backend.destroy())
		client.on('close', () => backend.destroy())
		backend.on('error', () => client.destroy())
	})
	return new Promise((resolve) => {
		proxy.listen(0, '127.0.0.1', () => {
			const address = proxy.address()
			resolve({
				port: typeof address === 'object' && address !== null ? address.port : 0,
				close: () => void proxy.close(),
			})
		})
	})
}

/** An empty weights folder that fetches from `registries`; pauses between attempts take no time. */
export async function openWeights(
	registries: Registries,
	catalogue: readonly CatalogueEntry[] = [],
	folder?: string,
): Promise<{ readonly weights: Weights; readonly folder: string }> {
	const used = folder ?? (await mkdtemp(join(tmpdir(), 'dragoman-weights-')))
	const clock = { ...systemClock, sleep: (_: number, signal?: AbortSignal) => systemClock.sleep(1, signal) }
	return {
		folder: used,
		weights: new Weights({
			folder: used,
			packagedFolder: join(import.meta.dir, '..', '..', 'models'),
			catalogue,
			registries: async () => registries,
			clock,
		}),
	}
}
