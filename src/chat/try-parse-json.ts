// Parses text that may not be JSON, such as the arguments of a call that the model did not complete.

import { parseJson } from './json-text.ts'

/** As `parseJson`; undefined for text that is not JSON. */
export function tryParseJson(text: string): unknown {
	try {
		return parseJson(text)
	} catch {
		return undefined
	}
}
