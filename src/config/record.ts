// Access to values of a YAML file that are not validated yet.

/** `value` if it is a mapping, else an empty one. */
export function record(value: unknown): Readonly<Record<string, unknown>> {
	return isRecord(value) ? value : {}
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
	return typeof value === 'object' && value !== null && !Array.isArray(value)
}
