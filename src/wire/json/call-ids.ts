// The ids of an answer's tool calls. Upstreams omit ids and repeat them; clients match results to calls by them.

export class CallIds {
	private readonly newId: () => string
	private readonly given = new Set<string>()

	/** @param newId creates an id for a call that has none of its own. */
	constructor(newId: () => string) {
		this.newId = newId
	}

	/** The upstream's `id`, or a new one if it is absent or an earlier call has it. */
	unique(id: string | undefined): string {
		const unique = id === undefined || this.given.has(id) ? this.newId() : id
		this.given.add(unique)
		return unique
	}
}
