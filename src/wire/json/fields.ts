// Reads fields of upstream responses leniently: a field that is missing or has an unexpected type counts as absent,
// because servers that claim to be compatible differ. Requests are validated by schemas instead, which report errors.

import { isObject } from '../../chat/json.ts'

/** An object's field, or undefined. */
export function field(value: unknown, name: string): unknown {
	return isObject(value) ? value[name] : undefined
}

/** A non-empty text, or undefined. */
export function textField(value: unknown, name: string): string | undefined {
	return asText(field(value, name))
}

export function asText(value: unknown): string | undefined {
	return typeof value === 'string' && value !== '' ? value : undefined
}

export function numberField(value: unknown, name: string): number | undefined {
	const number = field(value, name)
	return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}

/** A count or an index: an integer of 0 or more. */
export function countField(value: unknown, name: string): number | undefined {
	return asCount(field(value, name))
}

export function asCount(value: unknown): number | undefined {
	return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

/** An array's elements; empty if the field is not an array. */
export function listField(value: unknown, name: string): readonly unknown[] {
	return asList(field(value, name))
}

export function asList(value: unknown): readonly unknown[] {
	return Array.isArray(value) ? value : []
}
