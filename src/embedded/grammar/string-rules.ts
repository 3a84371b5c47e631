// Strings: unrestricted, or with a length, a pattern or a format. Expressions of whole JSON strings, with their quotes.

import type { JsonObject } from '../../chat/json.ts'
import { complement, plain, writeClass } from './character-set.ts'
import { readCount } from './count.ts'
import { cannotEnforce, type SchemaPath, unsatisfiable, wrongSchema } from './refusal.ts'
import { patternRule } from './regular-expression.ts'
import { repeat } from './repetition.ts'

/** A short escape, or a numeric one that is not a surrogate. */
const escapeRule = '"\\x5c" (["\\x5c/bfnrt] | "u" ([0-9a-cA-CefEF] [0-9a-fA-F]{3} | [dD] [0-7] [0-9a-fA-F]{2}))'

/** One character of a JSON string. */
export const characterRule = `${writeClass(complement(complement(plain)))} | ${escapeRule}`

export interface StringBounds {
	readonly minLength: number
	readonly maxLength: number | undefined
	readonly pattern: string | undefined
	readonly format: string | undefined
}

const date = '[0-9]{4} "-" ("0" [1-9] | "1" [0-2]) "-" ("0" [1-9] | "1" [0-9] | "2" [0-8])'
const time =
	'([01] [0-9] | "2" [0-3]) ":" [0-5] [0-9] ":" [0-5] [0-9] ("." [0-9]{1,6})? ("Z" | [-+] ([01] [0-9] | "2" [0-3]) ":" [0-5] [0-9])'
const octet = '("25" [0-5] | "2" [0-4] [0-9] | "1" [0-9]{2} | [1-9] [0-9] | [0-9])'
const label = '[a-z0-9] ("-"? [a-z0-9]){0,20}'
const hostname = `${label} ("." ${label}){0,5}`

/** The value of each format; days end at the 28th, which every month has. */
const formats: ReadonlyMap<string, string> = new Map(
	Object.entries({
		date,
		time,
		'date-time': `${date} "T" ${time}`,
		duration:
			'"P" ([0-9]{1,4} "D" ("T" [0-9]{1,4} [HMS])? | [0-9]{1,4} [YMW] | "T" [0-9]{1,4} "H" ([0-9]{1,4} "M")? ([0-9]{1,4} "S")? | "T" [0-9]{1,4} "M" ([0-9]{1,4} "S")? | "T" [0-9]{1,4} "S")',
		email: `[a-zA-Z0-9_+-]{1,32} ("." [a-zA-Z0-9_+-]{1,32}){0,3} "@" ${label} ("." ${label}){1,5}`,
		hostname,
		ipv4: `${octet} ("." ${octet}){3}`,
		ipv6: '[0-9a-f]{1,4} (":" [0-9a-f]{1,4}){7}',
		uuid: '[0-9a-f]{8} "-" [0-9a-f]{4} "-" [1-5] [0-9a-f]{3} "-" [89ab] [0-9a-f]{3} "-" [0-9a-f]{12}',
		uri: '"http" "s"? "://" [a-z0-9] [a-z0-9.-]{0,60} ("/" [a-zA-Z0-9._~-]{0,60}){0,8}',
	}),
)

/** @throws ChatError for invalid bounds of a string. */
export function readStringBounds(schema: JsonObject, schemaPath: SchemaPath): StringBounds {
	const minLength = readCount(schema, 'minLength', schemaPath) ?? 0
	const maxLength = readCount(schema, 'maxLength', schemaPath)
	if (maxLength !== undefined && maxLength < minLength)
		throw unsatisfiable("'minLength' is greater than 'maxLength'", schemaPath)
	const { pattern, format } = schema
	for (const [keyword, value] of Object.entries({ pattern, format }))
		if (value !== undefined && typeof value !== 'string') throw wrongSchema(`'${keyword}' must be a string`, schemaPath)
	return {
		minLength,
		maxLength,
		pattern: typeof pattern === 'string' ? pattern : undefined,
		format: typeof format === 'string' ? format : undefined,
	}
}

/** @param character the name of a rule for one character of a JSON string. */
export function stringRule(
	{ minLength, maxLength, pattern, format }: StringBounds,
	character: string,
	schemaPath: SchemaPath,
): string {
	const hasLength = minLength > 0 || maxLength !== undefined
	if (pattern !== undefined && (hasLength || format !== undefined))
		throw cannotEnforce("'pattern' beside a length or 'format'", schemaPath)
	if (format !== undefined && hasLength) throw cannotEnforce("'format' beside a length", schemaPath)
	if (pattern !== undefined) return quoted(patternRule(pattern, character, `${schemaPath}/pattern`))
	if (format !== undefined) {
		const value = formats.get(format)
		if (value === undefined) throw cannotEnforce(`format '${format.slice(0, 60)}'`, schemaPath)
		return quoted(value)
	}
	return quoted(repeat(character, minLength, maxLength, schemaPath))
}

function quoted(value: string): string {
	return value === '""' ? '"\\x22\\x22"' : `"\\x22" ${value} "\\x22"`
}
