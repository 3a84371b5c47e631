import { describe, expect, test } from 'bun:test'
import { toRegExp } from './grammar.testing.ts'
import type { NumberBounds } from './number-bounds.ts'
import { integerRule, numberRule } from './number-rules.ts'

const bounds = (given: Partial<NumberBounds>): NumberBounds => ({
	least: undefined,
	leastExclusive: false,
	most: undefined,
	mostExclusive: false,
	multipleOf: undefined,
	...given,
})

describe('integers between bounds: exactly those from -1,200 to 1,200 that lie between them', () => {
	const edges = [undefined, -1111, -100, -99, -10, -1, 0, 1, 5, 9, 10, 99, 100, 101, 777, 1000]
	for (const least of edges) {
		test(`least ${least}`, () => {
			for (const most of edges) {
				if (least !== undefined && most !== undefined && least > most) continue
				const rule = toRegExp(integerRule(bounds({ least, most }), '#'))
				for (let value = -1200; value <= 1200; value++) {
					const expected = value >= (least ?? -Infinity) && value <= (most ?? Infinity)
					if (rule.test(String(value)) !== expected) throw new Error(`${value} with ${least}..${most}`)
				}
				expect(rule.test('-0') || rule.test('01') || rule.test('')).toBe(false)
			}
		})
	}
	test('exclusive and fractional bounds', () => {
		const rule = toRegExp(integerRule(bounds({ least: 1, leastExclusive: true, most: 3.5 }), '#'))
		expect(['1', '2', '3', '4'].map((text) => rule.test(text))).toEqual([false, true, true, false])
	})
	test('no integer between the bounds', () => {
		expect(() => integerRule(bounds({ least: 1.2, most: 1.8 }), '#')).toThrow('no integer lies between the bounds')
	})
})

describe('decimals between bounds: exactly those in steps of 0.05 that lie between them', () => {
	const edges = [undefined, -2.5, -1, -0.35, 0, 0.05, 0.5, 1, 1.25, 2.75, 3]
	for (const least of edges) {
		for (const exclusive of [false, true]) {
			test(`least ${least}, ${exclusive ? 'exclusive' : 'inclusive'}`, () => {
				for (const most of edges) {
					if (least !== undefined && most !== undefined && (least > most || (exclusive && least === most))) continue
					const rule = toRegExp(
						numberRule(bounds({ least, leastExclusive: exclusive, most, mostExclusive: exclusive }), '#'),
					)
					for (let step = -80; step <= 80; step++) {
						const value = step / 20
						const above = least === undefined || (exclusive ? value > least : value >= least)
						const below = most === undefined || (exclusive ? value < most : value <= most)
						if (rule.test(String(value)) !== (above && below))
							throw new Error(`${value} with ${least}..${most} ${exclusive}`)
					}
				}
				expect(true).toBe(true)
			})
		}
	}
})
