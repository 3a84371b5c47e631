// Checks the size of a form: the number of its fields before it is parsed, repeated names and lengths after. It does not
// know which fields exist.

import { ChatError } from '../chat/error.ts'
import { checkText, type JsonBounds } from './json-bounds.ts'

const ampersand = 0x26

/**
 * Whether a form has more than `most` fields, files included.
 *
 * @param type its content type.
 */
export function hasMoreFields(bytes: Uint8Array, type: string, most: number): boolean {
	const boundary = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(type)
	if (boundary === null) return occursMoreThan(bytes, ampersand, most - 1)
	// The last boundary ends the form.
	return occursMoreThan(bytes, Buffer.from(`--${boundary[1] ?? boundary[2]}`), most + 1)
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
