// Arrays: items of one schema, optionally after a prefix of items with their own schemas.

import type { Json, JsonObject } from '../../chat/json.ts'
import { readCount } from './count.ts'
import type { GrammarBuilder } from './grammar-builder.ts'
import { unsatisfiable, wrongSchema } from './refusal.ts'
import { repeat } from './repetition.ts'
import type { SchemaContext } from './schema-context.ts'

const separator = '"," " "?'

interface Items {
	readonly prefix: readonly string[]
	/** The expression of an item after the prefix; undefined if none is allowed. */
	readonly item: string | undefined
	readonly least: number
	/** Maximum number of items after the prefix. */
	readonly prefixLength: number | undefined
}

/** An expression of the whole array, with its brackets. */
export function arrayBody(schema: JsonObject, builder: GrammarBuilder, context: SchemaContext): string {
	const elements = writeElements(readItems(schema, builder, context), builder, context)
	return `"[" ${elements === '""' ? '' : `${elements} `}"]"`
}

function readItems(
	schema: JsonObject,
	builder: GrammarBuilder,
	{ name, schemaPath, value, satisfiable }: SchemaContext,
): Items {
	const least = readCount(schema, 'minItems', schemaPath) ?? 0
	const most = readCount(schema, 'maxItems', schemaPath)
	if (most !== undefined && most < least) throw unsatisfiable("'minItems' is greater than 'maxItems'", schemaPath)
	const given = schema.prefixItems ?? []
	if (!Array.isArray(given)) throw wrongSchema("'prefixItems' must be an array", schemaPath)
	const prefix = given
		.slice(0, most)
		.map((item: Json, index) => value(item, String(index), `${schemaPath}/prefixItems/${index}`))
	const prefixLength = most === undefined ? undefined : most - prefix.length
	const item =
		schema.items === false || prefixLength === 0
			? undefined
			: satisfiable(() => value(schema.items, 'item', `${schemaPath}/items`))
	if (item === undefined && least > prefix.length)
		throw unsatisfiable("'minItems' is greater than the number of items that the schema allows", schemaPath)
	// A repeated rule name costs llama.cpp the fewest elements.
	const named = item === undefined || /^[\w-]+$/.test(item) ? item : builder.rule(`${name}-item`, item)
	return { prefix, item: named, least, prefixLength }
}

function writeElements(
	{ prefix, item, least, prefixLength }: Items,
	builder: GrammarBuilder,
	at: SchemaContext,
): string {
	const others = (taken: number) =>
		item === undefined
			? '""'
			: repeat(
					`(${separator} ${item})`,
					Math.max(0, least - prefix.length - taken),
					prefixLength === undefined ? undefined : prefixLength - taken,
					at.schemaPath,
				)
	if (prefix.length > 0) return positional({ prefix, least }, others(0), builder, at.name)
	if (item === undefined) return '""'
	const rest = others(1)
	const some = rest === '""' ? item : `${item} ${rest}`
	return least > 0 ? some : `(${some})?`
}

/** From the last prefix item to the first: each is followed by the next, or optionally by nothing once the minimum is reached. */
function positional(
	{ prefix, least }: Pick<Items, 'prefix' | 'least'>,
	others: string,
	builder: GrammarBuilder,
	name: string,
): string {
	let following = others
	for (const [index, item] of [...prefix.entries()].reverse()) {
		const self = `${index === 0 ? '' : `${separator} `}${item}${following === '""' ? '' : ` ${following}`}`
		following = builder.rule(`${name}-from-${index}`, index < least ? self : `${self} | ""`)
	}
	return following
}
