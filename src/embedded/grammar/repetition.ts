// A bounded repetition of an expression. llama.cpp expands it and rejects large expansions, so large repetitions
// are nested in blocks. Source of the limits: its grammar parser.

import { cannotEnforce, type SchemaPath } from './refusal.ts'

const largestBlock = 100
const largest = 100_000
/** llama.cpp's limit for the number of rules in a repeated expression times the count. */
const mostRules = 2000

/**
 * `expression` from `least` to `most` times, unbounded if `most` is undefined. The expression must be one term.
 *
 * @throws ChatError `unsupported` if llama.cpp would reject it.
 */
export function repeat(expression: string, least: number, most: number | undefined, schemaPath: SchemaPath): string {
	const tooLarge = cannotEnforce(`a repetition of this size`, schemaPath)
	if (least > largest || (most ?? 0) > largest) throw tooLarge
	const rules = countRules(expression)
	const block = Math.min(largestBlock, Math.floor(mostRules / rules))
	const largestCount = Math.max(least, (most ?? least) - least)
	if (largestCount > 1 && (block === 0 || (rules + 1) * Math.floor(largestCount / block) > mostRules)) throw tooLarge
	if (most === undefined) return least === 0 ? `${expression}*` : `${exactly(expression, least, block)} ${expression}*`
	if (most === 0) return '""'
	if (most === 1 || (most <= 2 * block && most * rules <= mostRules)) return `${expression}{${least},${most}}`
	return [exactly(expression, least, block), atMost(expression, most - least, block)]
		.filter((part) => part !== '')
		.join(' ')
}

function exactly(expression: string, count: number, block: number): string {
	const [blocks, rest] = [Math.floor(count / block), count % block]
	return [
		...(blocks > 0 ? [`(${expression}{${block}}){${blocks}}`] : []),
		...(rest > 0 ? [`${expression}{${rest}}`] : []),
	].join(' ')
}

/** Each count has exactly one derivation, so that the engine follows few of them at a time. */
function atMost(expression: string, count: number, block: number): string {
	const [blocks, rest] = [Math.floor(count / block), count % block]
	if (blocks === 0) return rest === 0 ? '' : `${expression}{0,${rest}}`
	const fullBlock = `(${expression}{${block}})`
	const full = `${fullBlock}{${blocks}}${rest === 0 ? '' : ` ${expression}{0,${rest}}`}`
	return `(${fullBlock}{0,${blocks - 1}} ${expression}{0,${block - 1}} | ${full})`
}

const token = /"(?:[^"\\]|\\.)*"|\[(?:[^\]\\]|\\.)*\]|\{(\d+)(,(\d*))?\}|[(*+?]|[A-Za-z][\w-]*/g

/** Upper bound of the rules that llama.cpp creates for `expression`: for groups, repetitions and unseen names. */
function countRules(expression: string): number {
	const names = new Set<string>()
	let rules = 0
	for (const [text, least, upTo, most] of expression.matchAll(token)) {
		if (/^[A-Za-z]/.test(text)) names.add(text)
		else if (upTo !== undefined) rules += most === '' ? 1 : Number(most) - Number(least)
		else if (/^[(*+?]/.test(text)) rules++
	}
	return Math.max(1, rules + names.size)
}
