// Reads the keywords that bound numbers. It does not know how a grammar writes numbers.

import type { JsonObject } from '../../chat/json.ts'
import { type SchemaPath, wrongSchema } from './refusal.ts'

export interface NumberBounds {
	readonly least: number | undefined
	readonly leastExclusive: boolean
	readonly most: number | undefined
	readonly mostExclusive: boolean
	readonly multipleOf: number | undefined
}

/**
 * Supports both forms of exclusive bounds: a number, or a boolean beside `minimum` as in draft 4.
 *
 * @throws ChatError for bounds that are not numbers.
 */
export function readNumberBounds(schema: JsonObject, schemaPath: SchemaPath): NumberBounds {
	const read = (keyword: string) => {
		const value = schema[keyword]
		if (value === undefined || (typeof value === 'boolean' && keyword.startsWith('exclusive'))) return undefined
		if (typeof value !== 'number' || !Number.isFinite(value))
			throw wrongSchema(`'${keyword}' must be a number`, schemaPath)
		return value
	}
	const [minimum, above, maximum, below] = [
		read('minimum'),
		read('exclusiveMinimum'),
		read('maximum'),
		read('exclusiveMaximum'),
	]
	const leastExclusive =
		(above !== undefined && (minimum === undefined || above >= minimum)) || schema.exclusiveMinimum === true
	const mostExclusive =
		(below !== undefined && (maximum === undefined || below <= maximum)) || schema.exclusiveMaximum === true
	const multipleOf = read('multipleOf')
	if (multipleOf !== undefined && multipleOf <= 0) throw wrongSchema("'multipleOf' must be greater than 0", schemaPath)
	return {
		least: above !== undefined && leastExclusive ? above : minimum,
		leastExclusive,
		most: below !== undefined && mostExclusive ? below : maximum,
		mostExclusive,
		multipleOf,
	}
}

/** The smallest integer within the bounds. */
export function lowest({ least, leastExclusive }: NumberBounds): number | undefined {
	if (least === undefined) return undefined
	return leastExclusive ? Math.floor(least) + 1 : Math.ceil(least)
}

/** The largest integer within the bounds. */
export function highest({ most, mostExclusive }: NumberBounds): number | undefined {
	if (most === undefined) return undefined
	return mostExclusive ? Math.ceil(most) - 1 : Math.floor(most)
}
