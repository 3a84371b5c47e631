// Configuration fields for durations. A number is in the field's own unit; a text contains its units, such as 30s or
// 1.5h.

import { z } from 'zod'

const unitsMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

const part = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g
const durationPattern = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/
const plainNumber = /^\d+(?:\.\d+)?$/

/** For JSON Schema. */
const pattern = '^(\\d+(\\.\\d+)?(ms|s|m|h|d))+$|^\\d+(\\.\\d+)?$'

const dayMs: number = unitsMs.d

/**
 * A duration in milliseconds: a number of milliseconds, or a text such as `250ms`, `30s`, `5m`, `1.5h`, `2d` or
 * `1h30m`.
 *
 * @param max default: one day.
 */
export function milliseconds(min: number, max: number = dayMs) {
	return z
		.preprocess(
			(given) => readDuration(given, 1),
			z
				.int({ error: (issue) => explainDuration(issue, 'milliseconds', '30s', writeDuration) })
				.min(min)
				.max(max),
		)
		.meta({ type: ['integer', 'string'], pattern })
}

/** A duration in days: a number of days, or a text such as `90d` or `12h`. */
export function days() {
	return z
		.preprocess(
			(given) => readDuration(given, dayMs),
			z.number({ error: (issue) => explainDuration(issue, 'days', '30d', (value) => `${value} days`) }).positive(),
		)
		.meta({ type: ['number', 'string'], pattern })
}

/** The given value in the unit that is `unitMs` long, or the value itself if it is not a duration. */
function readDuration(given: unknown, unitMs: number): unknown {
	if (typeof given !== 'string') return given
	if (plainNumber.test(given)) return Number(given)
	if (!durationPattern.test(given)) return given
	let sumMs = 0
	for (const [, count, unit] of given.matchAll(part)) if (isUnit(unit)) sumMs += Number(count) * unitsMs[unit]
	return roundedToNanoseconds(sumMs) / unitMs
}

function isUnit(unit: string | undefined): unit is keyof typeof unitsMs {
	return unit !== undefined && Object.hasOwn(unitsMs, unit)
}

/** 1.1s is 1100 ms, not 1100.0000000000002. */
function roundedToNanoseconds(ms: number): number {
	return Math.round(ms * 1e6) / 1e6
}

function explainDuration(issue: z.core.$ZodRawIssue, unit: string, example: string, write: (value: number) => string) {
	if (issue.input === undefined) return undefined
	switch (issue.code) {
		case 'invalid_type':
			return typeof issue.input === 'number'
				? `${issue.input} is not a whole number of ${unit}`
				: `${JSON.stringify(issue.input)} is not a duration: write a number of ${unit}, or a number with ms, s, m, h or d, such as ${example}`
		case 'too_small':
			return issue.inclusive === false
				? `${issue.input} ${unit} are too few: it must be more than ${issue.minimum}`
				: `${write(Number(issue.input))} is too short: the minimum is ${write(Number(issue.minimum))}`
		case 'too_big':
			return `${write(Number(issue.input))} is too long: the maximum is ${write(Number(issue.maximum))}`
		default:
			return undefined
	}
}

/** Writes a duration in the largest unit that needs no fraction. */
function writeDuration(ms: number): string {
	const fitting = Object.entries(unitsMs).filter(([, unitMs]) => ms !== 0 && ms % unitMs === 0)
	const [unit, unitMs] = fitting.at(-1) ?? ['ms', 1]
	return `${ms / unitMs}${unit}`
}
