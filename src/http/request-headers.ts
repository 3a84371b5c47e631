// The headers of a request. A web `Headers` has them too, but it checks and combines what a parser has already checked,
// which costs several times as much for each request.

export interface RequestHeaders extends Iterable<readonly [name: string, value: string]> {
	/**
	 * The values of all headers of a name, joined by `, `; null if there is none.
	 *
	 * @param name in lower case.
	 */
	get(name: string): string | null
	/** @param name in lower case. */
	has(name: string): boolean
}

/** The headers that a parser has read. All names are in lower case. */
export class ParsedHeaders implements RequestHeaders {
	private readonly values = new Map<string, string>()

	get(name: string): string | null {
		return this.values.get(name) ?? null
	}

	has(name: string): boolean {
		return this.values.has(name)
	}

	set(name: string, value: string): void {
		this.values.set(name, value)
	}

	[Symbol.iterator](): IterableIterator<[string, string]> {
		return this.values.entries()
	}
}
