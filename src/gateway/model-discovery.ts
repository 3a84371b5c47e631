// Discovers the models that upstreams list, at the start and periodically. The last list of each upstream is stored in
// the data folder, so that a start while the upstream is down serves the same models. It does not route requests.

import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { modelCapabilities } from '../routing/model.ts'
import type { DiscoveryOptions } from '../routing/options.ts'
import type { Clock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'
import type { UpstreamModel } from '../wire/json/model-list-reader.ts'

/** An upstream whose models are discovered. */
export interface DiscoverySource {
	/** Name of the upstream. */
	readonly name: string
	readonly options: DiscoveryOptions
	/** Identifies the server in the stored list: another server has other models. */
	readonly server: string
	/** Reads the list. Rejects if that fails. */
	readonly list: (signal: AbortSignal) => Promise<readonly UpstreamModel[]>
}

export interface DiscoveryContext {
	readonly clock: Clock
	readonly log: Log
	/** Folder of the stored lists, created on first use. */
	readonly folder: string
	/** Called when the models of an upstream have changed after `follow`. */
	readonly changed: () => void
}

interface Followed {
	readonly source: DiscoverySource
	readonly stopping: AbortController
	models: readonly UpstreamModel[]
	failing: boolean
}

/** The start waits this long for the lists, in milliseconds; slower ones are used when they arrive. */
const firstReadMs = 3000
/** Longer lists are cut. */
const maxModels = 5000

const storedList = z.object({
	server: z.string(),
	models: z.array(
		z.object({
			id: z.string(),
			type: z.string().optional(),
			contextTokens: z.int().positive().optional(),
			capabilities: z.array(z.enum(modelCapabilities)).optional(),
		}),
	),
})

export class ModelDiscovery {
	private readonly context: DiscoveryContext
	private followed: ReadonlyMap<string, Followed> = new Map()

	constructor(context: DiscoveryContext) {
		this.context = context
	}

	/** The models that an upstream listed last. */
	modelsOf(upstream: string): readonly UpstreamModel[] {
		return this.followed.get(upstream)?.models ?? []
	}

	/**
	 * Follows these upstreams, instead of earlier ones. Resolves when their lists are known, or after a few seconds. A
	 * source that is the same object as before continues.
	 */
	async follow(sources: readonly DiscoverySource[]): Promise<void> {
		const next = new Map<string, Followed>()
		const firstReads: Promise<void>[] = []
		for (const source of sources) {
			const running = this.followed.get(source.name)
			if (running?.source === source) {
				next.set(source.name, running)
				continue
			}
			const fresh = { source, stopping: new AbortController(), models: await this.readStored(source), failing: false }
			next.set(source.name, fresh)
			firstReads.push(this.read(fresh))
		}
		const earlier = this.followed
		this.followed = next
		for (const [name, one] of earlier) if (next.get(name) !== one) one.stopping.abort()
		const late = new AbortController()
		await Promise.race([
			Promise.all(firstReads),
			this.context.clock.sleep(firstReadMs, late.signal).catch(() => undefined),
		])
		late.abort()
		for (const one of next.values()) if (earlier.get(one.source.name) !== one) void this.watch(one)
	}

	close(): void {
		for (const { stopping } of this.followed.values()) stopping.abort()
	}

	private async watch(followed: Followed): Promise<void> {
		const { source, stopping } = followed
		try {
			for (;;) {
				await this.context.clock.sleep(source.options.intervalMs, stopping.signal)
				await this.read(followed)
			}
		} catch {
			// The signal was aborted: `read` does not throw.
		}
	}

	/** Reads the list once. If that fails, the last list remains. */
	private async read(followed: Followed): Promise<void> {
		const { source, stopping } = followed
		const log = this.context.log.child({ upstream: source.name })
		try {
			const timeout = AbortSignal.timeout(source.options.timeoutMs)
			const listed = await source.list(AbortSignal.any([stopping.signal, timeout]))
			if (stopping.signal.aborted) return
			if (followed.failing) log.info('the list of models can be read again')
			followed.failing = false
			await this.update(followed, listed.slice(0, maxModels), log)
		} catch (err) {
			if (stopping.signal.aborted || followed.failing) return
			followed.failing = true
			const known = followed.models.length
			log.warn({ err, models: known }, 'the list of models cannot be read: the models of the last list remain')
		}
	}

	private async update(followed: Followed, models: readonly UpstreamModel[], log: Log): Promise<void> {
		if (Bun.deepEquals(followed.models, models)) return
		const [before, after] = [followed.models, models].map((list) => new Set(list.map(({ id }) => id)))
		const added = models.filter(({ id }) => before?.has(id) !== true).length
		const removed = followed.models.filter(({ id }) => after?.has(id) !== true).length
		followed.models = models
		log.info({ models: models.length, added, removed }, 'models discovered')
		if (this.followed.get(followed.source.name) === followed) this.context.changed()
		await this.store(followed).catch((err) => log.warn({ err }, 'the list of models cannot be stored'))
	}

	private fileOf({ name }: DiscoverySource): string {
		return join(this.context.folder, `${encodeURIComponent(name)}.json`)
	}

	private async readStored(source: DiscoverySource): Promise<readonly UpstreamModel[]> {
		const text = await readFile(this.fileOf(source), 'utf8').catch(() => undefined)
		try {
			const stored = storedList.safeParse(JSON.parse(text ?? ''))
			return stored.success && stored.data.server === source.server ? stored.data.models : []
		} catch {
			return []
		}
	}

	/** Other processes of this deployment write the same file, so it is replaced as a whole. */
	private async store({ source, models }: Followed): Promise<void> {
		await mkdir(this.context.folder, { recursive: true, mode: 0o700 })
		const file = this.fileOf(source)
		const fresh = `${file}.${process.pid}`
		await writeFile(fresh, JSON.stringify({ server: source.server, models }), { mode: 0o600 })
		await rename(fresh, file)
	}
}
