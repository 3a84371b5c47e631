// A queue that is fair by tenant, then by owner. The next entry is the oldest of the owner with the fewest running entries, in the tenant
// with the fewest; among equals it is the turn of the one that has waited longest. It counts what runs and what waits; it knows neither
// limits nor time.
//
// Costs do not depend on the number of entries: adding, removing and ending are O(1); taking looks at the different counts of running
// entries, of which there are at most √(2 × running). Only `ahead` numbers all entries after a change, in time proportional to their number.

import { Ranks } from './ranks.ts'

/** Who an entry belongs to. */
export type SharePath = readonly [tenant: string, owner: string]

/** Of entries that belong to no caller. */
export const anonymous: SharePath = ['', '']

/** A waiting entry. */
export interface FairEntry<Item> {
	readonly item: Item
	readonly path: SharePath
}

export interface FairQueueOptions {
	/** Maximum running entries of an owner; further ones wait. */
	readonly runningPerOwner?: number | undefined
}

export class FairQueue<Item> {
	private readonly root: FairGroup<Item>
	private readonly runningPerOwner: number
	/** Whether all entries that wait have the number of those ahead of them. */
	private isNumbered = true

	constructor({ runningPerOwner = Number.POSITIVE_INFINITY }: FairQueueOptions = {}) {
		this.runningPerOwner = runningPerOwner
		this.root = new FairGroup<Item>(undefined, '', Number.POSITIVE_INFINITY, runningPerOwner)
	}

	get waiting(): number {
		return this.root.waiting
	}

	get running(): number {
		return this.root.running
	}

	/** Tenants that have a running or waiting entry. */
	get tenants(): number {
		return this.root.children.size
	}

	/** Running entries of a tenant. */
	runningOf(tenant: string): number {
		return this.root.children.get(tenant)?.running ?? 0
	}

	/** Whether an entry of an owner may run without waiting. */
	mayRun([tenant, owner]: SharePath): boolean {
		const running = this.root.children.get(tenant)?.children.get(owner)?.running ?? 0
		return running < this.runningPerOwner
	}

	add(path: SharePath, item: Item): FairEntry<Item> {
		const owner = this.ownerAt(path)
		const entry = new Entry(item, path, owner)
		owner.append(entry)
		this.change(owner, 0, 1)
		return entry
	}

	/** Removes a waiting entry. Idempotent. */
	remove(entry: FairEntry<Item>): void {
		if (!(entry instanceof Entry) || !entry.isWaiting) return
		const owner: FairGroup<Item> = entry.owner
		owner.unlink(entry)
		this.change(owner, 0, -1)
	}

	/**
	 * Removes the next entry and counts it as running, until `ended`.
	 *
	 * @param maxRunning how many entries the tenant may run; if the next one runs as many, none is taken.
	 */
	take(maxRunning: (tenant: string) => number = () => Number.POSITIVE_INFINITY): FairEntry<Item> | undefined {
		const tenant = this.root.byRunning.lowest()
		const entry = tenant?.byRunning.lowest()?.first
		if (tenant === undefined || entry === undefined || tenant.running >= maxRunning(tenant.key)) return undefined
		const { owner } = entry
		owner.unlink(entry)
		this.change(owner, 1, -1)
		return entry
	}

	/** Counts a running entry that did not wait. */
	began(path: SharePath): void {
		this.change(this.ownerAt(path), 1, 0)
	}

	/** Counts the end of a running entry. */
	ended([tenant, owner]: SharePath): void {
		const group = this.root.children.get(tenant)?.children.get(owner)
		if (group !== undefined) this.change(group, -1, 0)
	}

	/**
	 * The entry to refuse in favor of a further one of `path` if the queue is full: the newest of the heaviest owner of the heaviest
	 * tenant, by running and waiting entries. Undefined if `path` itself is the heaviest.
	 */
	heaviest([tenant, owner]: SharePath): FairEntry<Item> | undefined {
		const own = this.root.children.get(tenant)
		const other = this.root.byLoad.highest()
		if (other === undefined) return undefined
		if (other !== own && other.load > (own?.load ?? 0) + 1) return other.byLoad.highest()?.last
		const heaviest = own?.byLoad.highest()
		if (heaviest === undefined || heaviest.key === owner) return undefined
		return heaviest.load > (own?.children.get(owner)?.load ?? 0) + 1 ? heaviest.last : undefined
	}

	/** The newest entry of the heaviest owner of the heaviest tenant; undefined if none waits. */
	newestOfHeaviest(): FairEntry<Item> | undefined {
		return this.root.byLoad.highest()?.byLoad.highest()?.last
	}

	/**
	 * How many waiting entries would be taken before this one if no further one were added and none of those that run
	 * ended. An estimate: ends change the shares. 0 if it does not wait.
	 *
	 * The first call after a change numbers all entries, so many calls between two changes cost little more than one.
	 */
	ahead(entry: FairEntry<Item>): number {
		if (!(entry instanceof Entry) || !entry.isWaiting) return 0
		if (!this.isNumbered) {
			let ahead = 0
			for (const next of this.root.inTurns()) next.ahead = ahead++
			this.isNumbered = true
		}
		return entry.ahead
	}

	private change(owner: FairGroup<Item>, running: number, waiting: number): void {
		owner.change(running, waiting)
		this.isNumbered = false
	}

	private ownerAt([tenant, owner]: SharePath): FairGroup<Item> {
		return this.root.child(tenant).child(owner)
	}
}

class Entry<Item> implements FairEntry<Item> {
	readonly item: Item
	readonly path: SharePath
	readonly owner: FairGroup<Item>
	previous: Entry<Item> | undefined
	next: Entry<Item> | undefined
	isWaiting = false
	/** As the queue last numbered its entries. */
	ahead = 0

	constructor(item: Item, path: SharePath, owner: FairGroup<Item>) {
		this.item = item
		this.path = path
		this.owner = owner
	}
}

/** All tenants, one tenant, or one owner. An owner has entries, the others have children. */
class FairGroup<Item> {
	readonly key: string
	readonly children = new Map<string, FairGroup<Item>>()
	/** The children that have an entry which may run. */
	readonly byRunning = new Ranks<FairGroup<Item>>()
	/** The children that have an entry. */
	readonly byLoad = new Ranks<FairGroup<Item>>()
	running = 0
	waiting = 0
	first: Entry<Item> | undefined
	last: Entry<Item> | undefined
	private readonly parent: FairGroup<Item> | undefined
	private readonly maxRunning: number
	private readonly runningPerOwner: number

	constructor(parent: FairGroup<Item> | undefined, key: string, maxRunning: number, runningPerOwner: number) {
		this.parent = parent
		this.key = key
		this.maxRunning = maxRunning
		this.runningPerOwner = runningPerOwner
	}

	get load(): number {
		return this.running + this.waiting
	}

	child(key: string): FairGroup<Item> {
		let child = this.children.get(key)
		if (child === undefined) {
			const isTenant = this.parent === undefined
			child = new FairGroup(this, key, isTenant ? Number.POSITIVE_INFINITY : this.runningPerOwner, this.runningPerOwner)
			this.children.set(key, child)
		}
		return child
	}

	/** Changes the counts, here and of the groups above. */
	change(running: number, waiting: number): void {
		this.running += running
		this.waiting += waiting
		const { parent } = this
		if (parent === undefined) return
		parent.byRunning.place(this, this.mayRun ? this.running : undefined)
		parent.byLoad.place(this, this.waiting > 0 ? this.load : undefined)
		if (this.load === 0) parent.children.delete(this.key)
		parent.change(running, waiting)
	}

	append(entry: Entry<Item>): void {
		entry.isWaiting = true
		entry.previous = this.last
		if (this.last === undefined) this.first = entry
		else this.last.next = entry
		this.last = entry
	}

	unlink(entry: Entry<Item>): void {
		entry.isWaiting = false
		if (entry.previous === undefined) this.first = entry.next
		else entry.previous.next = entry.next
		if (entry.next === undefined) this.last = entry.previous
		else entry.next.previous = entry.previous
	}

	/**
	 * The waiting entries in the order in which they would be taken if none of those that run ended. Each child has its turn
	 * at as many running entries as it has; among equals, the one that has that many for longer. Maximums are ignored.
	 */
	*inTurns(): Generator<Entry<Item>, void> {
		for (let entry = this.first; entry !== undefined; entry = entry.next) yield entry
		if (this.children.size === 0) return
		const beginning = this.childrenByRunning()
		const starts = [...beginning.keys()].sort((one, other) => one - other)
		let continuing: Generator<Entry<Item>, void>[] = []
		for (let running = starts[0] ?? 0; continuing.length > 0 || beginning.size > 0; running++) {
			if (continuing.length === 0) running = starts.find((start) => start >= running) ?? running
			const round = [...Array.from(beginning.get(running) ?? [], (child) => child.inTurns()), ...continuing]
			beginning.delete(running)
			continuing = []
			for (const entries of round) {
				const { value, done } = entries.next()
				if (done === true) continue
				yield value
				continuing.push(entries)
			}
		}
	}

	/** The children that have an entry, in the order of their turns; those that may not run come last. */
	private childrenByRunning(): Map<number, readonly FairGroup<Item>[]> {
		const capped = this.children.values().filter((child) => child.waiting > 0 && !this.byRunning.has(child))
		return Map.groupBy([...this.byRunning.all(), ...capped], ({ running }) => running)
	}

	private get mayRun(): boolean {
		return this.byRunning.size > 0 || (this.first !== undefined && this.running < this.maxRunning)
	}
}
