// A queue that is fair by tenant, then by owner. The next entry is the oldest of the owner with the fewest running entries, in the tenant
// with the fewest; among equals it is the turn of the one that has waited longest. It counts what runs and what waits; it knows neither
// limits nor time.
//
// Costs do not depend on the number of entries: adding, removing and ending are O(1); taking looks at the different counts of running
// entries, of which there are at most √(2 × running).

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
		owner.change(0, 1)
		return entry
	}

	/** Removes a waiting entry. Idempotent. */
	remove(entry: FairEntry<Item>): void {
		if (!(entry instanceof Entry) || !entry.isWaiting) return
		const owner: FairGroup<Item> = entry.owner
		owner.unlink(entry)
		owner.change(0, -1)
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
		owner.change(1, -1)
		return entry
	}

	/** Counts a running entry that did not wait. */
	began(path: SharePath): void {
		this.ownerAt(path).change(1, 0)
	}

	/** Counts the end of a running entry. */
	ended([tenant, owner]: SharePath): void {
		this.root.children.get(tenant)?.children.get(owner)?.change(-1, 0)
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
	 */
	ahead(entry: FairEntry<Item>): number {
		if (!(entry instanceof Entry) || !entry.isWaiting) return 0
		const [tenant] = entry.path
		const owner: FairGroup<Item> = entry.owner
		const group = this.root.child(tenant)
		return this.root.ahead(group, group.ahead(owner, owner.positionOf(entry)))
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
	/** Entries of one owner have consecutive numbers, unless one in the middle was removed. */
	number = 0

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
	private isNumbered = true
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
		entry.number = this.last === undefined ? 0 : this.last.number + 1
		if (this.last === undefined) this.first = entry
		else this.last.next = entry
		this.last = entry
	}

	unlink(entry: Entry<Item>): void {
		entry.isWaiting = false
		if (entry.previous !== undefined && entry.next !== undefined) this.isNumbered = false
		if (entry.previous === undefined) this.first = entry.next
		else entry.previous.next = entry.next
		if (entry.next === undefined) this.last = entry.previous
		else entry.next.previous = entry.previous
	}

	/** How many entries of this owner are before one of them. */
	positionOf(entry: Entry<Item>): number {
		if (!this.isNumbered) {
			let number = 0
			for (let one = this.first; one !== undefined; one = one.next) one.number = number++
			this.isNumbered = true
		}
		return entry.number - (this.first?.number ?? entry.number)
	}

	/**
	 * How many entries of all children are before number `position` of one child. Each child takes its turn at as many
	 * running entries as it has; among equals, the one that has that many for longer.
	 */
	ahead(child: FairGroup<Item>, position: number): number {
		const turn = child.running + position
		const earlier = this.byRunning.before(child, child.running)
		let ahead = position
		for (const other of this.children.values()) {
			if (other === child || other.waiting === 0) continue
			const isFirst = other.running > child.running || earlier.has(other)
			ahead += Math.min(Math.max(turn - other.running + (isFirst ? 1 : 0), 0), other.waiting)
		}
		return ahead
	}

	private get mayRun(): boolean {
		return this.byRunning.size > 0 || (this.first !== undefined && this.running < this.maxRunning)
	}
}

/** Values by rank; those of equal rank in the order in which they got it. */
class Ranks<Value> {
	private readonly ranks = new Map<Value, number>()
	private readonly values = new Map<number, Set<Value>>()
	/** A set that became empty: most ranks have one value, which soon gets the next rank. */
	private empty: Set<Value> | undefined

	get size(): number {
		return this.ranks.size
	}

	/** A value whose rank does not change keeps its position. @param rank undefined removes the value. */
	place(value: Value, rank: number | undefined): void {
		const before = this.ranks.get(value)
		if (before === rank) return
		if (before !== undefined) this.delete(value, before)
		if (rank === undefined) return
		this.ranks.set(value, rank)
		const equals = this.values.get(rank)
		if (equals === undefined) this.values.set(rank, this.newSet().add(value))
		else equals.add(value)
	}

	private newSet(): Set<Value> {
		const { empty = new Set<Value>() } = this
		this.empty = undefined
		return empty
	}

	lowest(): Value | undefined {
		return this.size === 0 ? undefined : this.firstOf(Math.min(...this.values.keys()))
	}

	highest(): Value | undefined {
		return this.size === 0 ? undefined : this.firstOf(Math.max(...this.values.keys()))
	}

	/** The values of a rank that got it before `value`. */
	before(value: Value, rank: number): ReadonlySet<Value> {
		const found = new Set<Value>()
		for (const one of this.values.get(rank) ?? []) {
			if (one === value) break
			found.add(one)
		}
		return found
	}

	private firstOf(rank: number): Value | undefined {
		const [first] = this.values.get(rank) ?? []
		return first
	}

	private delete(value: Value, rank: number): void {
		this.ranks.delete(value)
		const equals = this.values.get(rank)
		equals?.delete(value)
		if (equals?.size !== 0) return
		this.values.delete(rank)
		this.empty = equals
	}
}
