import { expect, test } from 'bun:test'
import { App } from './pipeline.testing.ts'

const text = 'four'.repeat(100)

test.each([
	['/v1/chat/completions', { messages: [{ role: 'user', content: text }] }, 107],
	['/v1/completions', { prompt: text }, 100],
	['/v1/completions', { prompt: [1, 2, 3] }, 3],
	['/v1/embeddings', { input: [text, text] }, 200],
	['/v1/rerank', { query: text, documents: [text, text] }, 300],
])('the opening line of a call has an estimate of its prompt (%s)', async (path, body, tokens) => {
	await using app = await App.open()
	await (await app.post(path, { model: 'echo', ...body })).text()
	expect(await app.journal()).toContain(`"promptTokens":${tokens}`)
})
