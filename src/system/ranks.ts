// Values by a number that changes, such as a count of running calls: the first ones with the lowest and with the highest
// number are found without looking at all values. It does not know what the numbers count.

/** Values by rank; those of equal rank in the order in which they got it. */
export class Ranks<Value> {
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

	lowest(): Value | undefined {
		return this.size === 0 ? undefined : this.firstOf(Math.min(...this.values.keys()))
	}

	highest(): Value | undefined {
		return this.size === 0 ? undefined : this.firstOf(Math.max(...this.values.keys()))
	}

	has(value: Value): boolean {
		return this.ranks.has(value)
	}

	/** Those of each rank in the order in which they got it. */
	*all(): Generator<Value> {
		for (const equals of this.values.values()) yield* equals
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

	private newSet(): Set<Value> {
		const { empty = new Set<Value>() } = this
		this.empty = undefined
		return empty
	}
}
