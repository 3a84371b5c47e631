// Multiples of a number: listed if the bounds allow few of them, else recognized by their digits. It calculates in
// integer units of 10^-15, so that 0.1 is exactly a tenth.

import type { NumberBounds } from './number-bounds.ts'
import { cannotEnforce, type SchemaPath, unsatisfiable } from './refusal.ts'

export interface MultiplesContext {
	readonly schemaPath: SchemaPath
	/** Adds a rule for an expression. */
	readonly rule: (name: string, body: string) => string
	/** Adds a rule once for each name. */
	readonly shared: (name: string, body: () => string) => string
}

const decimals = 15
const one = 10n ** BigInt(decimals)
/** Maximum number of multiples in a list. */
const fewMultiples = 500n
/** An automaton has one state for each remainder and remaining digit. */
const largestDivisor = 100n
/** Integers with this many digits are exact in every JSON parser. */
const exactDigits = 15

/**
 * An expression of the multiples of `multipleOf` within `bounds`.
 *
 * @throws ChatError `unsupported` if neither a list nor an automaton can express them.
 */
export function multiplesRule(bounds: NumberBounds, multipleOf: number, context: MultiplesContext): string {
	const { schemaPath } = context
	const step = units(multipleOf, schemaPath)
	const first =
		bounds.least === undefined ? undefined : firstAbove(units(bounds.least, schemaPath), bounds.leastExclusive, step)
	const last =
		bounds.most === undefined ? undefined : -firstAbove(-units(bounds.most, schemaPath), bounds.mostExclusive, step)
	if (first !== undefined && last !== undefined) return listed(first, last, step, schemaPath)
	const [fromZero, toZero] = [first === undefined || first === 0n, last === undefined || last === 0n]
	if ((!fromZero && first !== 1n) || (!toZero && last !== -1n))
		throw cannotEnforce(`multipleOf ${multipleOf} with a single bound that is not adjacent to 0`, schemaPath)
	const positive = step % one === 0n ? integerMultiples(step / one, context) : decimalMultiples(step, schemaPath)
	return `(${[
		...(fromZero && toZero ? ['"0"'] : []),
		...(last === undefined ? [positive] : []),
		...(first === undefined ? [`"-" ${positive}`] : []),
	].join(' | ')})`
}

function units(value: number, schemaPath: SchemaPath): bigint {
	const parts = /^(-?)(\d{1,15})(?:\.(\d{1,15}))?$/.exec(String(value))
	if (parts === null) throw cannotEnforce(`the number ${value} beside multipleOf`, schemaPath)
	const [, sign, integer = '', fraction = ''] = parts
	const size = BigInt(integer) * one + BigInt(fraction.padEnd(decimals, '0'))
	return sign === '-' ? -size : size
}

/** The index of the first multiple that is not below `bound`. */
function firstAbove(bound: bigint, exclusive: boolean, step: bigint): bigint {
	const towardsZero = bound / step
	if (bound % step === 0n) return exclusive ? towardsZero + 1n : towardsZero
	return bound > 0n ? towardsZero + 1n : towardsZero
}

function listed(first: bigint, last: bigint, step: bigint, schemaPath: SchemaPath): string {
	if (first > last) throw unsatisfiable('no multiple lies between the bounds', schemaPath)
	if (last - first >= fewMultiples)
		throw cannotEnforce(`multipleOf with more than ${fewMultiples} multiples`, schemaPath)
	const alternatives: string[] = []
	for (let index = first; index <= last; index++) alternatives.push(`"${written(index * step)}"`)
	return `(${alternatives.join(' | ')})`
}

function written(value: bigint): string {
	const size = value < 0n ? -value : value
	const fraction = String(size % one)
		.padStart(decimals, '0')
		.replace(/0+$/, '')
	return `${value < 0n ? '-' : ''}${size / one}${fraction === '' ? '' : `.${fraction}`}`
}

/** Positive multiples. Trailing zeros of the divisor are trailing zeros of each multiple. */
function integerMultiples(divisor: bigint, { schemaPath, rule, shared }: MultiplesContext): string {
	const zeros = /0*$/.exec(String(divisor))?.[0] ?? ''
	const head = Number(divisor / 10n ** BigInt(zeros.length))
	const digits = exactDigits - zeros.length
	if (head > largestDivisor || digits < 3)
		throw cannotEnforce(`multipleOf ${divisor} over such a large range`, schemaPath)
	const suffix = zeros === '' ? '' : ` "${zeros}"`
	if (head === 1) return `[1-9] [0-9]{0,${digits - 1}}${suffix}`
	return `${shared(`multiple-${head}-${digits}`, () => automaton(head, digits, rule))}${suffix}`
}

/** The positive multiples of at most so many digits. */
function automaton(divisor: number, digits: number, rule: MultiplesContext['rule']): string {
	let fewer: readonly (string | undefined)[] = []
	const alternatives = (remainder: number, from: number) =>
		Array.from({ length: 10 - from }, (_, index) => index + from).flatMap((next) => {
			const then = fewer[(remainder * 10 + next) % divisor]
			return then === undefined ? [] : [`"${next}" ${then}`]
		})
	for (let left = 0; left < digits; left++) {
		fewer = Array.from({ length: divisor }, (_, remainder) => {
			const bodies = [...alternatives(remainder, 0), ...(remainder === 0 ? ['""'] : [])]
			return bodies.length === 0 ? undefined : rule(`multiple-${divisor}-${remainder}`, bodies.join(' | '))
		})
	}
	return alternatives(0, 1).join(' | ')
}

/** Positive multiples of a step that divides 1: any integer part, and one of the possible fractions. */
function decimalMultiples(step: bigint, schemaPath: SchemaPath): string {
	const refusal = cannotEnforce(`multipleOf ${written(step)} over such a large range`, schemaPath)
	if (one % step !== 0n) throw refusal
	const decimalPlaces = written(step).length - 2
	const integer = `[1-9] [0-9]{0,${exactDigits - 1 - decimalPlaces}}`
	if (decimalPlaces > 9) throw refusal
	if (step === 10n ** BigInt(decimals - decimalPlaces)) {
		const small = Array.from({ length: decimalPlaces }, (_, zeros) => {
			const rest = decimalPlaces - zeros - 1
			return `"0.${'0'.repeat(zeros)}" [1-9]${rest === 0 ? '' : ` [0-9]{0,${rest}}`}`
		})
		return `(${integer} ("." [0-9]{1,${decimalPlaces}})? | ${small.join(' | ')})`
	}
	if (one / step > fewMultiples) throw refusal
	const fractions: string[] = []
	for (let value = step; value < one; value += step) fractions.push(`"${written(value).slice(1)}"`)
	return `(${integer} (${fractions.join(' | ')} | ".0")? | "0" (${fractions.join(' | ')}))`
}
