// Numbers within bounds, as expressions over their digits. Decimal notation only if there are bounds: no exponent, no leading
// zeros, no minus zero.

import { type MultiplesContext, multiplesRule } from './multiples.ts'
import { highest, lowest, type NumberBounds } from './number-bounds.ts'
import { cannotEnforce, type SchemaPath, unsatisfiable } from './refusal.ts'

export const anyInteger = '("0" | "-"? [1-9] [0-9]{0,15})'
const anySignedInteger = '("-"? ("0" | [1-9] [0-9]{0,15}))'
export const anyNumber = `(${anySignedInteger} ("." [0-9]{1,16})? ([eE] [-+]? [0-9]{1,2})?)`

/** Numbers of a type within bounds. */
export function boundedRule(type: 'integer' | 'number', bounds: NumberBounds, context: MultiplesContext): string {
	const { multipleOf } = bounds
	const { schemaPath } = context
	const everyInteger = type === 'integer' && multipleOf !== undefined && Number.isInteger(1 / multipleOf)
	if (multipleOf !== undefined && !everyInteger) {
		if (type === 'integer' && !Number.isInteger(multipleOf))
			throw cannotEnforce(`multipleOf ${multipleOf} of an integer`, schemaPath)
		return multiplesRule(bounds, multipleOf, context)
	}
	return type === 'integer' ? integerRule(bounds, schemaPath) : numberRule(bounds, schemaPath)
}

/** Integers within bounds, ignoring `multipleOf`. */
export function integerRule(bounds: NumberBounds, schemaPath: SchemaPath): string {
	const [least, most] = [lowest(bounds), highest(bounds)]
	for (const bound of [least, most])
		if (bound !== undefined && !Number.isSafeInteger(bound)) throw cannotEnforce(`the bound ${bound}`, schemaPath)
	if (least !== undefined && most !== undefined && least > most)
		throw unsatisfiable('no integer lies between the bounds', schemaPath)
	return anyOf(integerRanges(least, most))
}

/** Numbers within bounds, ignoring `multipleOf`. */
export function numberRule(bounds: NumberBounds, schemaPath: SchemaPath): string {
	const { least, most } = bounds
	if (least === undefined && most === undefined) return anyNumber
	if (
		least !== undefined &&
		most !== undefined &&
		(least > most || (least === most && (bounds.leastExclusive || bounds.mostExclusive)))
	)
		throw unsatisfiable('no number lies between the bounds', schemaPath)
	const alternatives: string[] = []
	if (most === undefined || most > 0 || (most === 0 && !bounds.mostExclusive)) {
		const from =
			least !== undefined && least > 0
				? { value: least, exclusive: bounds.leastExclusive }
				: { value: 0, exclusive: least === 0 && bounds.leastExclusive }
		alternatives.push(
			...magnitudes(
				from,
				most === undefined ? undefined : { value: most, exclusive: bounds.mostExclusive },
				schemaPath,
			),
		)
	}
	if (least === undefined || least < 0) {
		const from =
			most !== undefined && most < 0 ? { value: -most, exclusive: bounds.mostExclusive } : { value: 0, exclusive: true }
		alternatives.push(
			...magnitudes(
				from,
				least === undefined ? undefined : { value: -least, exclusive: bounds.leastExclusive },
				schemaPath,
			).map((alternative) => `"-" ${alternative}`),
		)
	}
	if (alternatives.length === 0) throw unsatisfiable('no number lies between the bounds', schemaPath)
	return anyOf(alternatives)
}

function integerRanges(least: number | undefined, most: number | undefined): readonly string[] {
	if (least === undefined && most === undefined) return [anyInteger]
	const alternatives: string[] = []
	if (most === undefined || most >= 0) alternatives.push(...naturals(Math.max(least ?? 0, 0), most))
	if (least === undefined || least < 0)
		alternatives.push(
			...naturals(most !== undefined && most < 0 ? -most : 1, least === undefined ? undefined : -least).map(
				(alternative) => `"-" ${alternative}`,
			),
		)
	return alternatives
}

/** Integers from `from` to `to`, both at least 0, without leading zeros. */
function naturals(from: number, to: number | undefined): readonly string[] {
	const first = String(from)
	if (to === undefined) {
		const longer = `[1-9] [0-9]{${first.length},${Math.max(first.length, 16)}}`
		return [...sameLength(first, '9'.repeat(first.length)), `(${longer})`]
	}
	const final = String(to)
	const alternatives: string[] = []
	for (let length = first.length; length <= final.length; length++) {
		const low = length === first.length ? first : `1${'0'.repeat(length - 1)}`
		const high = length === final.length ? final : '9'.repeat(length)
		alternatives.push(...sameLength(low, high))
	}
	return alternatives
}

/** Digit strings of one length from `low` to `high`. */
function sameLength(low: string, high: string): readonly string[] {
	if (low === '' || low > high) return low === '' ? ['""'] : []
	const [a, b] = [Number(low[0]), Number(high[0])]
	const [lowRest, highRest] = [low.slice(1), high.slice(1)]
	const rest = lowRest.length
	if (a === b) return prefixed(digit(a, a), sameLength(lowRest, highRest))
	const alternatives: string[] = []
	const [startsAtZeros, endsAtNines] = [/^0*$/.test(lowRest), /^9*$/.test(highRest)]
	if (!startsAtZeros) alternatives.push(...prefixed(digit(a, a), sameLength(lowRest, '9'.repeat(rest))))
	const [from, to] = [startsAtZeros ? a : a + 1, endsAtNines ? b : b - 1]
	if (from <= to) alternatives.push(rest === 0 ? digit(from, to) : `${digit(from, to)} [0-9]{${rest}}`)
	if (!endsAtNines) alternatives.push(...prefixed(digit(b, b), sameLength('0'.repeat(rest), highRest)))
	return alternatives
}

function prefixed(head: string, tails: readonly string[]): readonly string[] {
	return tails.map((tail) => (tail === '""' ? head : `${head} ${tail}`))
}

function digit(from: number, to: number): string {
	return from === to ? `"${from}"` : `[${from}-${to}]`
}

interface NumberBound {
	readonly value: number
	readonly exclusive: boolean
}

/** Non-negative numbers between non-negative bounds. */
function magnitudes(from: NumberBound, to: NumberBound | undefined, schemaPath: SchemaPath): readonly string[] {
	const low = split(from.value, schemaPath)
	if (to === undefined)
		return [
			...atLeast(low, from.exclusive),
			...naturals(low.integer + 1, undefined).map((alternative) => `${alternative} ${anyFraction}`),
		]
	const high = split(to.value, schemaPath)
	if (low.integer === high.integer) return within(low, high, from.exclusive, to.exclusive)
	const between =
		low.integer + 1 <= high.integer - 1
			? naturals(low.integer + 1, high.integer - 1).map((alternative) => `${alternative} ${anyFraction}`)
			: []
	return [
		...atLeast(low, from.exclusive),
		...between,
		...fractionsAtMost(high.fraction, to.exclusive).map((alternative) => joined(high.integer, alternative)),
	]
}

const anyFraction = '("." [0-9]{1,16})?'

interface Split {
	readonly integer: number
	/** Digits after the decimal point, without trailing zeros. */
	readonly fraction: string
}

function split(value: number, schemaPath: SchemaPath): Split {
	const [integer = '', fraction = ''] = String(value).split('.')
	if (!/^\d{1,15}(\.\d{1,15})?$/.test(String(value))) throw cannotEnforce(`the bound ${value}`, schemaPath)
	return { integer: Number(integer), fraction }
}

function joined(integer: number, fraction: string): string {
	return fraction === '""' ? `"${integer}"` : `"${integer}" ${fraction}`
}

function atLeast({ integer, fraction }: Split, exclusive: boolean): readonly string[] {
	return fractionsAtLeast(fraction, exclusive).map((alternative) => joined(integer, alternative))
}

/** Both bounds have the same integer part. */
function within(low: Split, high: Split, lowExclusive: boolean, highExclusive: boolean): readonly string[] {
	if (low.fraction === '' && !lowExclusive)
		return fractionsAtMost(high.fraction, highExclusive).map((alternative) => joined(low.integer, alternative))
	const length = Math.max(low.fraction.length, high.fraction.length, 1)
	const [a, b] = [low.fraction.padEnd(length, '0'), high.fraction.padEnd(length, '0')]
	const alternatives: string[] = []
	for (let shorter = 1; shorter < length; shorter++)
		alternatives.push(
			...shorterBetween(
				{ value: Number(a), exclusive: lowExclusive },
				{ value: Number(b), exclusive: highExclusive },
				length,
				shorter,
			),
		)
	if (lowExclusive) alternatives.push(`"${a}" [0-9]{0,3} [1-9]`)
	else alternatives.push(Number(a) < Number(b) ? `"${a}" [0-9]{0,4}` : `"${a}"`)
	const [after, before] = [String(Number(a) + 1).padStart(length, '0'), String(Number(b) - 1).padStart(length, '0')]
	if (Number(a) < Number(b)) {
		if (after <= before && Number(before) >= Number(after))
			alternatives.push(...sameLength(after, before).map((alternative) => `${alternative} [0-9]{0,4}`))
		if (!highExclusive) alternatives.push(`"${b}"`)
	}
	return alternatives.map((alternative) => joined(low.integer, `"." ${alternative}`))
}

/** Fractions with fewer digits than the bounds, such as 2.5 between 2.25 and 2.75. */
function shorterBetween(low: NumberBound, high: NumberBound, length: number, shorter: number): readonly string[] {
	const scale = 10 ** (length - shorter)
	let [from, to] = [Math.ceil(low.value / scale), Math.floor(high.value / scale)]
	if (low.exclusive && from * scale === low.value) from++
	if (high.exclusive && to * scale === high.value) to--
	return from <= to ? sameLength(String(from).padStart(shorter, '0'), String(to).padStart(shorter, '0')) : []
}

/** Fractions, with their decimal point, of at least `.digits`. */
function fractionsAtLeast(digits: string, exclusive: boolean): readonly string[] {
	if (digits === '') return exclusive ? ['"." [0-9]{0,8} [1-9]'] : [anyFraction]
	const alternatives: string[] = []
	for (const [index, character] of [...digits].entries()) {
		const value = Number(character)
		if (value < 9) alternatives.push(`".${digits.slice(0, index)}" ${digit(value + 1, 9)} [0-9]{0,8}`)
	}
	alternatives.push(exclusive ? `".${digits}" [0-9]{0,8} [1-9]` : `".${digits}" [0-9]{0,8}`)
	return alternatives
}

/** Fractions, with their decimal point or empty, of at most `.digits`. */
function fractionsAtMost(digits: string, exclusive: boolean): readonly string[] {
	if (digits === '') return exclusive ? [] : ['""', '"." "0"{1,4}']
	const alternatives: string[] = ['""']
	for (const [index, character] of [...digits].entries()) {
		const value = Number(character)
		if (index > 0) alternatives.push(`".${digits.slice(0, index)}"`)
		if (value > 0) alternatives.push(`".${digits.slice(0, index)}" ${digit(0, value - 1)} [0-9]{0,8}`)
	}
	if (!exclusive) alternatives.push(`".${digits}"`)
	return alternatives
}

function anyOf(alternatives: readonly string[]): string {
	return `(${alternatives.join(' | ')})`
}
