// Access to values of a YAML file that are not validated yet.

import { isObject } from '../chat/json.ts'

/** `value` if it is a mapping, else an empty one. */
export function record(value: unknown): Readonly<Record<string, unknown>> {
	return isObject(value) ? value : {}
}
