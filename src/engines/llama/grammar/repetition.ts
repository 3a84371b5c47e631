// An expression repeated between two bounds. llama.cpp writes a bounded repetition out, so large ones are nested in blocks.

import { cannotEnforce, type Place } from './refusal.ts'

const block = 100
const largest = 100_000

/** `expression` from `least` to `most` times, without end where `most` is undefined. The expression must be one term. */
export function repeat(expression: string, least: number, most: number | undefined, place: Place): string {
	if (least > largest || (most ?? 0) > largest) throw cannotEnforce(`a repetition of more than ${largest}`, place)
	if (most === undefined) return least === 0 ? `${expression}*` : `${exactly(expression, least)} ${expression}*`
	if (most <= 2 * block) return most === 0 ? '""' : `${expression}{${least},${most}}`
	return [exactly(expression, least), atMost(expression, most - least)].filter((part) => part !== '').join(' ')
}

function exactly(expression: string, count: number): string {
	const [blocks, rest] = [Math.floor(count / block), count % block]
	return [
		...(blocks > 0 ? [`(${expression}{${block}}){${blocks}}`] : []),
		...(rest > 0 ? [`${expression}{${rest}}`] : []),
	].join(' ')
}

/** Every count has one way to be reached, so that the engine follows few of them at a time. */
function atMost(expression: string, count: number): string {
	const [blocks, rest] = [Math.floor(count / block), count % block]
	if (blocks === 0) return rest === 0 ? '' : `${expression}{0,${rest}}`
	const whole = `(${expression}{${block}})`
	const full = `${whole}{${blocks}}${rest === 0 ? '' : ` ${expression}{0,${rest}}`}`
	return `(${whole}{0,${blocks - 1}} ${expression}{0,${block - 1}} | ${full})`
}
