import { expect, test } from 'bun:test'
import { GuessLimit } from './guess-limit.ts'

test('the first wrong keys of a minute have no consequence, the next ones wait for its end', () => {
	const guesses = new GuessLimit(3)
	for (const at of [0, 1000, 2000]) expect(guesses.count('192.0.2.1', at)).toBe(0)
	expect(guesses.isExceeded('192.0.2.1', 2000)).toBe(false)
	expect(guesses.count('192.0.2.1', 3000)).toBe(57_000)
	expect(guesses.isExceeded('192.0.2.1', 59_999)).toBe(true)
	expect(guesses.isExceeded('192.0.2.1', 60_000)).toBe(false)
	expect(guesses.count('192.0.2.1', 60_000)).toBe(0)
})

test('addresses are counted apart, IPv6 by /64', () => {
	const guesses = new GuessLimit(1)
	for (const address of ['192.0.2.1', '2001:db8::1', '::1']) expect(guesses.count(address, 0)).toBe(0)
	expect(guesses.count('192.0.2.2', 0)).toBe(0)
	expect(guesses.count('2001:db8:0:1::1', 0)).toBe(0)
	for (const same of ['2001:db8::2', '2001:db8:0:0:ffff:1:2:3', '2001:db8::a:0:0:1', '::2'])
		expect([same, guesses.count(same, 0)]).toEqual([same, 60_000])
	expect(guesses.count(undefined, 0)).toBe(0)
	expect(guesses.count(undefined, 0)).toBe(60_000)
})

test('memory is bounded, and an address that continues is not forgotten', () => {
	const guesses = new GuessLimit(5)
	let waitMs = 0
	for (let number = 0; number < 50_000; number++) {
		guesses.count(`10.${number >> 16}.${(number >> 8) & 255}.${number & 255}`, 0)
		if (number % 5000 === 0) waitMs = guesses.count('192.0.2.1', 0)
	}
	expect(guesses.size).toBe(10_000)
	expect(waitMs).toBe(60_000)
})
