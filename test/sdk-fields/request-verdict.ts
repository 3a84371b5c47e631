// What became of the field under test, by what the client and the upstream received with it and without it.

import type { FieldCase } from './field-cases.ts'
import type { FieldExchange } from './tested-gateway.ts'

/**
 * - `refused`: the request failed in the form of the dialect's errors.
 * - `unreached`: it failed in the same way without the field, because an object that contains it is refused.
 * - `reported`: `x-dragoman-dropped` has the field, or an object that contains it, or a name more than without the field.
 * - `sent`: the upstream received it. A text occurs more often in the request to the upstream than without the field;
 *   any other value changes that request.
 * - `answered`: the response has the text, or differs.
 * - `same`: nothing differs. For one value of several this may be the default.
 */
export type Verdict = 'refused' | 'unreached' | 'reported' | 'sent' | 'answered' | 'same'

export interface Finding {
	readonly verdict: Verdict
	/** Why the response is wrong in any case. */
	readonly fault?: string | undefined
}

export interface JudgedRequest {
	readonly field: FieldCase
	/** Fields that the request has only because the field under test needs them. */
	readonly companions: readonly string[]
	readonly given: FieldExchange
	/** The exchange without the field. */
	readonly plain: FieldExchange
	readonly readError: (body: unknown) => string
	/** The part of a response that shows what fields have an effect. */
	readonly effects: (text: string) => string
}

export function judge({ field, companions, given, plain, readError, effects }: JudgedRequest): Finding {
	if (field.names.length === 1 && companions.length === 0 && plain.status !== 200)
		return { verdict: 'same', fault: `the plain request has status ${plain.status}: ${plain.text.slice(0, 200)}` }
	if (given.status >= 500) return { verdict: 'same', fault: `status ${given.status}: ${given.text.slice(0, 200)}` }
	if (given.status >= 400) {
		const names = [field.path, ...companions]
			.flatMap((name) => name.toLowerCase().split(/[^a-z0-9]+/))
			.filter((word) => word !== '')
		const fault =
			given.received === undefined ? errorFault(given.text, names, readError) : 'refused after the upstream answered'
		return { verdict: plain.status >= 400 && companions.length === 0 ? 'unreached' : 'refused', fault }
	}
	if (given.dropped.some((name) => covers(name, [...field.names, ...companions]))) return { verdict: 'reported' }
	if (given.dropped.length > plain.dropped.length) return { verdict: 'reported' }
	if (differs(field.mark, given.received, plain.received)) return { verdict: 'sent' }
	if (differs(field.mark, effects(given.text), effects(plain.text))) return { verdict: 'answered' }
	return { verdict: 'same' }
}

/** What is wrong with an error: its form, or that it names neither the field nor an object that contains it. */
function errorFault(text: string, names: readonly string[], readError: (body: unknown) => string): string | undefined {
	try {
		const message = readError(JSON.parse(text))
		if (message.length < 10) return 'an error without a message'
		return names.some((name) => text.toLowerCase().includes(name))
			? undefined
			: `refused for another reason: ${message}`
	} catch {
		return `an error in another form: ${text.slice(0, 200)}`
	}
}

/** Whether a text occurs more often, or, without one, whether anything changed. */
export function differs(mark: string | undefined, given: string | undefined, plain: string | undefined): boolean {
	if (given === undefined) return false
	if (mark === undefined) return given !== plain
	return given.split(mark).length > (plain ?? '').split(mark).length
}

/**
 * Whether a dropped name is the field or an object that contains it. Only the last name of a path is compared, because
 * positions of messages and parts change when a request is translated.
 */
function covers(dropped: string, names: readonly string[]): boolean {
	const last = dropped
		.replaceAll(/\[\d*\]/g, '')
		.split('.')
		.at(-1)
	return last !== undefined && names.includes(last)
}
