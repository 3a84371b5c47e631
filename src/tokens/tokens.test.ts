import { afterAll, expect, test } from 'bun:test'
import { TokenCounter } from './tokens.ts'

const counter = new TokenCounter()
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
