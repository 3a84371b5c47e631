// JSON values as types, and the test that parsed JSON is an object.

export type Json = string | number | boolean | null | readonly Json[] | JsonObject

export interface JsonObject {
	readonly [key: string]: Json | undefined
}

/** Whether parsed JSON is an object: neither null, nor an array, nor a single value. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
	return typeof value === 'object' && value !== null && !Array.isArray(value)
}
