import { describe, expect, test } from 'bun:test'
import { toRegExp } from './grammar.testing.ts'
import { multiplesRule } from './multiples.ts'
import type { NumberBounds } from './number-bounds.ts'

const none: NumberBounds = {
	least: undefined,
	leastExclusive: false,
	most: undefined,
	mostExclusive: false,
	multipleOf: undefined,
}

function matches(multipleOf: number, bounds: Partial<NumberBounds> = {}): (text: string) => boolean {
	const rules: Record<string, string> = {}
	const rule = (name: string, body: string) => {
		const unique = `${name}-${Object.keys(rules).length}`
		rules[unique] = `(${body})`
		return unique
	}
	const shared = (name: string, body: () => string) => rule(name, body())
	const written = toRegExp(multiplesRule({ ...none, ...bounds }, multipleOf, { schemaPath: '#', rule, shared }), rules)
	return (text) => written.test(text)
}

describe('multiples of whole numbers: exactly those from -1,000 to 1,000 within the bounds', () => {
	const cases: readonly (readonly [number, Partial<NumberBounds>])[] = [
		[10, {}],
		[100, { least: 0 }],
		[10, { least: 0, leastExclusive: true }],
		[10, { most: 0 }],
		[10, { most: -0.5 }],
		[3, { least: -7, most: 10 }],
		[7, { least: 0, most: 700, mostExclusive: true }],
		[2.5, { least: -10, most: 10 }],
	]
	for (const [multipleOf, bounds] of cases) {
		test(`${multipleOf} ${JSON.stringify(bounds)}`, () => {
			const match = matches(multipleOf, bounds)
			const { least = -Infinity, most = Infinity, leastExclusive = false, mostExclusive = false } = bounds
			for (let value = -1000; value <= 1000; value++) {
				const within =
					(leastExclusive ? value > least : value >= least) && (mostExclusive ? value < most : value <= most)
				if (match(String(value)) !== (within && value % multipleOf === 0)) throw new Error(`wrong about ${value}`)
			}
			expect(match('-0') || match('01') || match('')).toBe(false)
		})
	}
})

describe('multiples of decimals: exactly those in steps of 0.005 within the bounds', () => {
	const cases: readonly (readonly [number, Partial<NumberBounds>])[] = [
		[0.01, {}],
		[0.1, { least: 0 }],
		[0.05, { least: 0, most: 1 }],
		[0.25, { least: 0, leastExclusive: true }],
		[0.01, { least: 0, leastExclusive: true }],
		[0.5, { most: 0 }],
		[0.3, { least: -0.3, leastExclusive: true, most: 1.2 }],
	]
	for (const [multipleOf, bounds] of cases) {
		test(`${multipleOf} ${JSON.stringify(bounds)}`, () => {
			const match = matches(multipleOf, bounds)
			const { least = -Infinity, most = Infinity, leastExclusive = false } = bounds
			for (let step = -600; step <= 600; step++) {
				const value = step / 200
				const within = (leastExclusive ? value > least : value >= least) && value <= most
				const expected = within && step % Math.round(multipleOf * 200) === 0
				if (match(String(value)) !== expected) throw new Error(`wrong about ${value}`)
			}
			expect(match('0') && match('-0')).toBe(false)
		})
	}
})

describe('too many states or multiples are rejected', () => {
	const cases: readonly (readonly [number, Partial<NumberBounds>, string])[] = [
		[101, {}, 'multipleOf 101 over such a large range'],
		[5, { least: 7 }, 'a single bound that is not adjacent to 0'],
		[1, { least: 0, most: 1000 }, 'more than 500 multiples'],
		[0.3, {}, 'multipleOf 0.3 over such a large range'],
		[1e-7, {}, 'the number 1e-7 beside multipleOf'],
		[7, { least: 1, most: 6 }, 'no multiple lies between the bounds'],
	]
	for (const [multipleOf, bounds, message] of cases)
		test(`${multipleOf} ${JSON.stringify(bounds)}`, () => expect(() => matches(multipleOf, bounds)).toThrow(message))
})
