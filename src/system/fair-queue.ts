// A bounded queue that serves callers in turn: by project, then by owner, so that a caller with many entries delays only
// itself. It does not know what its entries are.

/** Whom an entry is for. Entries without a caller share one turn. */
export interface QueueCaller {
	readonly tenant: string
	readonly owner: string
}

type Owners<Entry> = Map<string, Entry[]>

export class FairQueue<Entry> {
	private readonly maxEntries: number
	/** The first project, and in it the first owner, is next. */
	private readonly projects = new Map<string, Owners<Entry>>()
	private entries = 0

	constructor(maxEntries: number) {
		this.maxEntries = maxEntries
	}

	/** @returns false if the queue is full. */
	add(entry: Entry, { tenant, owner }: QueueCaller = { tenant: '', owner: '' }): boolean {
		if (this.entries >= this.maxEntries) return false
		const owners: Owners<Entry> = this.projects.get(tenant) ?? new Map()
		const own = owners.get(owner) ?? []
		own.push(entry)
		owners.set(owner, own)
		this.projects.set(tenant, owners)
		this.entries++
		return true
	}

	/** Removes the next entry; its project and its owner are last from now on. */
	take(): Entry | undefined {
		for (const [tenant, owners] of this.projects) {
			this.projects.delete(tenant)
			for (const [owner, own] of owners) {
				owners.delete(owner)
				const entry = own.shift()
				if (own.length > 0) owners.set(owner, own)
				if (owners.size > 0) this.projects.set(tenant, owners)
				if (entry !== undefined) this.entries--
				return entry
			}
		}
		return undefined
	}

	/** Removes all entries. */
	clear(): void {
		this.projects.clear()
		this.entries = 0
	}
}
