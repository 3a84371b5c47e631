// The fields of a wire's object that the canonical model does not understand. They are returned to the same wire
// unchanged, and reported if the request goes to another one.

import type { Json, JsonObject } from './json.ts'

/** Unknown fields of one object, under the names of its wire. Never empty. */
export interface Rest {
	/** The wire, such as `openai` or `anthropic`. */
	readonly wire: string
	readonly fields: JsonObject
}

/** `fields` as the rest of an object of `wire`; undefined if there are none. */
export function restOf(wire: string, fields: JsonObject): Rest | undefined {
	for (const name in fields) if (fields[name] !== undefined) return { wire, fields }
	return undefined
}

/** The fields that go back to `wire`: none if they came from another. */
export function restFor(wire: string, rest: Rest | undefined): JsonObject {
	return rest?.wire === wire ? rest.fields : noFields
}

const noFields: JsonObject = {}

/**
 * The rest of an object that arrived in pieces: lists are concatenated, any other value replaces the earlier one. The
 * later piece replaces a rest of another wire.
 */
export function mergeRest(rest: Rest | undefined, piece: Rest | undefined): Rest | undefined {
	if (rest === undefined || piece === undefined) return piece ?? rest
	if (rest.wire !== piece.wire) return piece
	const fields: Record<string, Json | undefined> = { ...rest.fields }
	for (const [name, value] of Object.entries(piece.fields)) {
		const earlier = fields[name]
		fields[name] = Array.isArray(earlier) && Array.isArray(value) ? [...earlier, ...value] : value
	}
	return { wire: rest.wire, fields }
}

/** A rest that arrives in many pieces: what `mergeRest` gives for them, without a copy of its lists for each piece. */
export class RestFold {
	private wire: string | undefined
	private readonly fields = new Map<string, Json | undefined>()
	/** The lists among the fields. */
	private readonly lists = new Map<string, Json[]>()

	add({ wire, fields }: Rest): void {
		if (this.wire !== wire) {
			this.wire = wire
			this.fields.clear()
			this.lists.clear()
		}
		for (const [name, value] of Object.entries(fields)) {
			this.fields.set(name, value)
			if (!Array.isArray(value)) this.lists.delete(name)
			else this.addToList(name, value)
		}
	}

	/** Later pieces do not change it. */
	get rest(): Rest | undefined {
		if (this.wire === undefined) return undefined
		const fields = [...this.fields].map(([name, value]) => [name, this.lists.get(name)?.slice() ?? value] as const)
		return { wire: this.wire, fields: Object.fromEntries(fields) }
	}

	private addToList(name: string, values: readonly Json[]): void {
		const list = this.lists.get(name)
		if (list === undefined) this.lists.set(name, [...values])
		else for (const value of values) list.push(value)
	}
}
