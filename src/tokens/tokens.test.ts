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

test('a prompt includes messages, per-message overhead and tools', async () => {
	const hello = { role: 'user', content: [{ type: 'text', text: 'Hello, world!' }] } as const
	const bare = await counter.countMessages('o200k_base', [hello], [])
	expect(bare).toBe(4 + 1 + 3 + 3)
	const tool = { type: 'function', name: 'add', strict: false } as const
	expect(await counter.countMessages('o200k_base', [hello], [tool])).toBeGreaterThan(bare)
})
