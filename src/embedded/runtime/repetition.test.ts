import { describe, expect, test } from 'bun:test'
import { RepetitionDetector, type RepetitiveText } from './repetition.ts'

/** Number of tokens until a loop was detected; undefined if none was. */
function found(tokens: Iterable<number>, text: RepetitiveText = 'limited'): number | undefined {
	const detector = new RepetitionDetector()
	let count = 0
	for (const token of tokens) {
		count++
		if (detector.push(token, text)) return count
	}
	return undefined
}

/** `length` tokens in which nothing repeats for long. */
function* varied(length: number, seed = 1): Generator<number> {
	let state = seed
	for (let n = 0; n < length; n++) {
		state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
		yield (state >>> 16) % 5000
	}
}

function* repeated(unit: readonly number[], times: number): Generator<number> {
	for (let n = 0; n < times; n++) yield* unit
}

const unit = (length: number) => Array.from({ length }, (_, n) => 100 + n)

describe('a loop is found', () => {
	test.each([1, 2, 3, 7, 10, 11, 31, 64, 200, 256])('of %d tokens, after 32 copies and 320 tokens', (period) => {
		const copies = Math.max(32, Math.ceil(320 / period))
		const at = found(repeated(unit(period), copies + 4))
		expect(at).toBeDefined()
		expect(at).toBeGreaterThanOrEqual(Math.max(320, 32 * period))
		expect(at).toBeLessThanOrEqual(copies * period)
	})

	test.each([1, 6, 10, 11, 17, 20])(
		'of %d tokens, after 8 copies and 160 tokens, if the request has no limit',
		(period) => {
			const least = Math.max(160, 8 * period)
			expect(found(repeated(unit(period), 200), 'unlimited')).toBeWithin(least, least + period)
			expect(found([...varied(200), ...repeated(unit(period), 200)], 'unlimited')).toBeLessThan(512)
		},
	)

	test('after a text of any length', () => {
		for (const before of [1, 17, 255, 256, 257, 3000])
			expect(found([...varied(before), ...repeated(unit(7), 60)])).toBeWithin(before + 320, before + 335)
	})

	test('in JSON, eight times later', () => {
		expect(found(repeated(unit(2), 5000), 'structured')).toBe(8 * 320)
		expect(found(repeated(unit(20), 5000), 'structured')).toBe(8 * 32 * 20)
	})

	test('of the default model without a fitting system message: one phrase repeated forever', () => {
		const phrase = [4028, 2719, 308, 22_201, 1102, 4437, 28]
		expect(found([...varied(40), ...repeated(phrase, 1000)])).toBeLessThan(400)
	})
})

describe('no loop is found', () => {
	test('in a varied text', () => expect(found(varied(100_000))).toBeUndefined())

	test.each([1, 5, 10, 50, 100, 250])('if %d tokens are requested 20 times', (period) => {
		expect(found([...varied(30), ...repeated(unit(period), 20), ...varied(300)])).toBeUndefined()
	})

	test.each([1, 4, 7])('if %d tokens are requested 20 times in a request without a limit', (period) => {
		expect(found([...varied(30), ...repeated(unit(period), 20), ...varied(100)], 'unlimited')).toBeUndefined()
	})

	test('in a numbered list of equal lines', () => {
		const lines = Array.from({ length: 400 }, (_, n) => [...String(n + 1)].map(Number).concat(20, 21, 22, 23))
		expect(found(lines.flat(), 'unlimited')).toBeUndefined()
	})

	test('in a table with a rule of dashes and equal cells', () => {
		const rows = Array.from({ length: 60 }, (_, n) => [30, ...varied(2, n + 7), 30, 31, 30, 31, 30, 32])
		expect(found([30, ...repeated([33, 30], 40), 32, ...rows.flat()], 'unlimited')).toBeUndefined()
	})

	test('in code with equal lines of indentation and braces', () => {
		const blocks = Array.from({ length: 80 }, (_, n) => [40, 40, 40, ...varied(6, n + 3), 41, 42, 43, 42])
		expect(found(blocks.flat(), 'unlimited')).toBeUndefined()
	})

	test('in an array of a thousand zeros, and in a matrix of them', () => {
		expect(found([50, ...repeated([51, 52], 1000), 53], 'structured')).toBeUndefined()
		const row = [50, ...repeated([51, 52], 28), 53, 52]
		expect(found(repeated(row, 28), 'structured')).toBeUndefined()
	})

	test('if one token in 300 differs', () => {
		expect(found(Array.from({ length: 5000 }, (_, n) => (n % 300 === 0 ? 7 : 8)))).toBeUndefined()
	})
})

test('costs little per token', () => {
	const detector = new RepetitionDetector()
	const tokens = [...varied(20_000)]
	const began = performance.now()
	for (const token of tokens) detector.push(token, 'limited')
	// Far above what it takes, so that a busy machine does not fail it: a token takes a model several milliseconds.
	expect((performance.now() - began) / tokens.length).toBeLessThan(0.1)
})
