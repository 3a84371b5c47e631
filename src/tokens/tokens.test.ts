import { afterAll, describe, expect, test } from 'bun:test'
import type { SharePath } from '../system/fair-queue.ts'
import { TokenCounter } from './tokens.ts'

/** Exact counts, however busy the machine is. */
const counter = new TokenCounter({ deadlineMs: 60_000, maxJobs: 1000 })
afterAll(() => counter.close())

test('counts match the published vocabularies', async () => {
	expect(await counter.countTexts('o200k_base', ['Hello, world!'])).toBe(4)
	expect(await counter.countTexts('cl100k_base', ['tiktoken is great!'])).toBe(6)
	expect(await counter.countTexts('o200k_base', ['', ''])).toBe(0)
})

test('special tokens in text are counted as ordinary text', async () => {
	expect(await counter.countTexts('o200k_base', ['<|endoftext|>'])).toBeGreaterThan(1)
})

test('a text of several megabytes is extrapolated', async () => {
	const words = 'the quick brown fox '.repeat(200_000)
	const tokens = await counter.countTexts('o200k_base', [words])
	expect(tokens / 200_000).toBeCloseTo(4, 1)
})

// Vocabularies merge the characters of a word in a time that is quadratic in its length.
for (const text of ['x', '中', ' ', '=', 'ab!', '!\u0300', '\n'])
	test(`a text of ${JSON.stringify(text)} without boundaries of words is counted in linear time`, async () => {
		const [short, long] = [text.repeat(200), text.repeat(Math.floor(200_000 / text.length))]
		const perCharacter = (await counter.countTexts('o200k_base', [short])) / short.length
		const tokens = await counter.countTexts('o200k_base', [long])
		expect(tokens / long.length / perCharacter).toBeGreaterThan(0.7)
		expect(tokens / long.length / perCharacter).toBeLessThan(1.3)
	}, 20_000)

test('a prompt includes messages, per-message overhead and tools', async () => {
	const hello = { role: 'user', content: [{ type: 'text', text: 'Hello, world!' }] } as const
	const bare = await counter.countMessages('o200k_base', [hello], [])
	expect(bare).toBe(4 + 1 + 3 + 3)
	const tool = { type: 'function', name: 'add', strict: false } as const
	expect(await counter.countMessages('o200k_base', [hello], [tool])).toBeGreaterThan(bare)
})

describe('counts of many callers', () => {
	const long = 'the quick brown fox '.repeat(50_000)
	const one: SharePath = ['a', 'x']
	const other: SharePath = ['b', 'y']

	test('take turns: a short count does not wait for the long ones of another project', async () => {
		const ended: string[] = []
		const longs = Array.from({ length: 10 }, () =>
			counter.countTexts('o200k_base', [long], one).then(() => ended.push('long')),
		)
		const short = counter.countTexts('o200k_base', ['Hello, world!'], other).then(() => ended.push('short'))
		await Promise.all([...longs, short])
		expect(ended[0]).toBe('short')
	}, 60_000)

	test('take turns by project and owner, however many one of them has', async () => {
		const ended: string[] = []
		const count = (caller: SharePath) =>
			counter.countTexts('o200k_base', ['Hello, world!'], caller).then(() => ended.push(caller.join('/')))
		const callers: readonly SharePath[] = [...Array.from({ length: 100 }, () => one), ['a', 'z'], other]
		await Promise.all(callers.map(count))
		expect(ended.indexOf('b/y')).toBeLessThan(3)
		expect(ended.indexOf('a/z')).toBeLessThan(5)
	}, 60_000)

	test('end at their deadline with an extrapolation', async () => {
		const hurried = new TokenCounter({ deadlineMs: 1, maxJobs: 1000 })
		const counts = await Promise.all(Array.from({ length: 20 }, () => hurried.countTexts('o200k_base', [long], one)))
		hurried.close()
		for (const tokens of counts) expect(tokens / 200_000).toBeWithin(0.7, 1.5)
		// 20 exact counts have more portions than fit into a millisecond: the last ones were estimated from their bytes.
		expect(counts.at(-1)).toBe(long.length / 4)
	}, 60_000)

	test('are estimated if too many wait', async () => {
		const small = new TokenCounter({ deadlineMs: 60_000, maxJobs: 1 })
		const first = small.countTexts('o200k_base', ['Hello, world!'], one)
		expect(await small.countTexts('o200k_base', ['Hello, world!!!!'], one)).toBe(4)
		expect(await first).toBe(4)
		small.close()
	}, 60_000)

	test('are estimated for the caller with the most if too many wait', async () => {
		const text = 'x'.repeat(200)
		const small = new TokenCounter({ deadlineMs: 60_000, maxJobs: 3 })
		const none = new TokenCounter({ deadlineMs: 60_000, maxJobs: 0 })
		const exact = await counter.countTexts('o200k_base', [text])
		const estimate = await none.countTexts('o200k_base', [text])
		expect(estimate).not.toBe(exact)
		const counts = [one, one, one, other].map((caller) => small.countTexts('o200k_base', [text], caller))
		expect(await Promise.all(counts)).toEqual([exact, exact, estimate, exact])
		for (const closed of [small, none]) closed.close()
	}, 60_000)

	test('of many texts are counted up to a limit and extrapolated', async () => {
		const tokens = await counter.countTexts(
			'o200k_base',
			Array.from({ length: 40 }, () => long),
		)
		expect(tokens / (40 * 200_000)).toBeCloseTo(1, 1)
	}, 60_000)
})
