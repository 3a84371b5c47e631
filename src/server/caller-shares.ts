// Bounds what callers hold of the server while they use it: requests in flight, WebSockets, and the memory of messages.
// It does not know keys: a caller is any text.

/** Gives back what was taken; later calls do nothing. */
export type Release = () => void

/** Counts what each caller holds, up to a limit for all and for each. */
export class CallerShares {
	private readonly total: number
	private readonly perCaller: number
	private readonly held = new Map<string, number>()
	private heldByAll = 0

	/** @param total of all callers. */
	constructor(perCaller: number, total = Number.POSITIVE_INFINITY) {
		this.perCaller = perCaller
		this.total = total
	}

	/** Takes an amount. @returns undefined if a limit would be exceeded. */
	take(caller: string, amount = 1): Release | undefined {
		if (!this.add(caller, amount)) return undefined
		let taken = amount
		return () => {
			this.subtract(caller, taken)
			taken = 0
		}
	}

	/** The same without `Release`. @returns whether it was taken. */
	add(caller: string, amount: number): boolean {
		const held = (this.held.get(caller) ?? 0) + amount
		if (held > this.perCaller || this.heldByAll + amount > this.total) return false
		this.held.set(caller, held)
		this.heldByAll += amount
		return true
	}

	subtract(caller: string, amount: number): void {
		const left = (this.held.get(caller) ?? 0) - amount
		this.heldByAll -= amount
		if (left > 0) this.held.set(caller, left)
		else this.held.delete(caller)
	}
}
