// Checks the size of a form: the number of its fields before it is parsed, repeated names and lengths after. It does not
// know which fields exist.

import { ChatError } from '../chat/error.ts'
import { checkText, type JsonBounds } from './json-bounds.ts'

const ampersand = 0x26

/** How the fields of a form are separated. */
export type FormEncoding =
	| { readonly type: 'urlencoded' }
	| {
			readonly type: 'multipart'
			readonly boundary: string
	  }

/**
 * The encoding of a form by its content type; undefined if that is no form's. The parser gets the content type from
 * `contentTypeOf`: it must not find another boundary than the count of the fields.
 */
export function readFormEncoding(contentType: string): FormEncoding | undefined {
	const [, mime = '', parameters = ''] = /^\s*([^;\s]*)\s*(;.*)?$/s.exec(contentType) ?? []
	switch (mime.toLowerCase()) {
		case 'application/x-www-form-urlencoded':
			return { type: 'urlencoded' }
		case 'multipart/form-data': {
			const boundary = parametersOf(parameters).get('boundary')
			return boundary !== undefined && boundaryForm.test(boundary) ? { type: 'multipart', boundary } : undefined
		}
		default:
			return undefined
	}
}

/** The content type of a form in the only form that parsers read in the same way. */
export function contentTypeOf(encoding: FormEncoding): string {
	return encoding.type === 'urlencoded'
		? 'application/x-www-form-urlencoded'
		: `multipart/form-data; boundary="${encoding.boundary}"`
}

/** RFC 2046, section 5.1.1. */
const boundaryForm = /^[\w'()+,./:=? -]{0,69}[\w'()+,./:=?-]$/

/** Of a content type, by their names in lower case; the first of each name. */
function parametersOf(text: string): ReadonlyMap<string, string> {
	const found = new Map<string, string>()
	for (const [, name = '', quoted, token = ''] of text.matchAll(/;\s*([^=;\s]+)=(?:"([^"]*)"|([^;"\s]*))/g))
		if (!found.has(name.toLowerCase())) found.set(name.toLowerCase(), quoted ?? token)
	return found
}

/** Whether a form has more than `most` fields, files included. */
export function hasMoreFields(bytes: Uint8Array, encoding: FormEncoding, most: number): boolean {
	if (encoding.type === 'urlencoded') return occursMoreThan(bytes, ampersand, most - 1)
	// The last boundary ends the form.
	return occursMoreThan(bytes, Buffer.from(`--${encoding.boundary}`), most + 1)
}

function occursMoreThan(bytes: Uint8Array, sought: number | Buffer, most: number): boolean {
	const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
	const length = typeof sought === 'number' ? 1 : sought.length
	let found = 0
	for (let at = buffer.indexOf(sought); at !== -1; at = buffer.indexOf(sought, at + length))
		if (++found > most) return true
	return false
}

/** The fields of a form in their order. */
interface FormFields {
	forEach(visit: (value: unknown, name: string) => void): void
}

/** @throws ChatError `invalid-request` for a name that repeats too often, or a text that is too long. */
export function checkForm(form: FormFields, { bounds, fields }: JsonBounds): void {
	const repeats = new Map<string, number>()
	form.forEach((value, name) => {
		const count = (repeats.get(name) ?? 0) + 1
		repeats.set(name, count)
		const shown = name.slice(0, 100)
		if (count > bounds.formRepeats)
			throw new ChatError(
				'invalid-request',
				`Invalid '${shown}': the form has more than ${bounds.formRepeats} fields of this name (limits.formRepeats).`,
				{ param: shown, code: 'array_above_max_length', setting: 'limits.formRepeats' },
			)
		if (typeof value === 'string') checkText(value, shown, fields.members?.get(name), bounds)
	})
}
