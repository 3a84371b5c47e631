// JSON values as types, and small functions on objects.

export type Json = string | number | boolean | null | readonly Json[] | JsonObject

export interface JsonObject {
	readonly [key: string]: Json | undefined
}

/** Whether parsed JSON is an object: neither null, nor an array, nor a single value. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
	return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The fields that have a value, for objects in which an undefined field would count as present. */
export function definedFields<Value>(fields: Readonly<Record<string, Value | undefined>>): Record<string, Value> {
	return Object.fromEntries(
		Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
	)
}
