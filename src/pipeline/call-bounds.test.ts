import { describe, expect, test } from 'bun:test'
import { ChatError } from '../chat/error.ts'
import { fieldBounds as fields } from '../dialects/field-bounds.ts'
import { dialects } from '../dialects/list.ts'
import { checkJson } from '../http/json-bounds.ts'
import { defaultBounds, type RequestBounds } from '../http/request-bounds.ts'
import { App, errorOf } from './pipeline.testing.ts'

const small: RequestBounds = {
	...defaultBounds,
	...{ messages: 3, tools: 2, stopTexts: 2, images: 1, files: 1, audios: 1, choices: 4, answerValues: 1000 },
	...{ embeddingValues: 100, nameCharacters: 20, idCharacters: 30, logitBiases: 2, metadataEntries: 2, documents: 2 },
	...{ metadataCharacters: 10, patternCharacters: 10, jsonValues: 200, tokenizeCharacters: 100 },
	...{ arrayElements: 20, mapEntries: 30, tokenIds: 40, formFields: 5, formRepeats: 2 },
}

function openSmall(): Promise<App> {
	return App.open({
		handler: { limits: { maxBytes: 100_000, timeoutMs: 5000, maxDepth: 20, keepAliveMs: 0, bounds: small } },
	})
}

const hi = { role: 'user', content: 'hi' }
const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }
const file = { type: 'file', file: { file_data: 'data:application/pdf;base64,AAAA', filename: 'a.pdf' } }
const audio = { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }
const chat = { model: 'echo', messages: [hi] }
const tool = (name: string, parameters: object = {}) => ({ type: 'function', function: { name, parameters } })

/** A violated bound, by its setting. */
const violations: readonly (readonly [setting: keyof RequestBounds, path: string, body: object, status?: number])[] = [
	['messages', '/openai/v1/chat/completions', { ...chat, messages: [hi, hi, hi, hi] }],
	['messages', '/openai/v1/responses', { model: 'echo', input: [hi, hi, hi, hi] }],
	['messages', '/anthropic/v1/messages', { ...chat, max_tokens: 5, messages: [hi, hi, hi, hi] }],
	['tools', '/openai/v1/chat/completions', { ...chat, tools: ['a', 'b', 'c'].map((name) => tool(name)) }],
	['stopTexts', '/openai/v1/chat/completions', { ...chat, stop: ['a', 'b', 'c'] }],
	['logitBiases', '/openai/v1/chat/completions', { ...chat, logit_bias: { 1: 1, 2: 1, 3: 1 } }],
	['metadataEntries', '/openai/v1/chat/completions', { ...chat, metadata: { a: 'a', b: 'b', c: 'c' } }],
	['metadataCharacters', '/openai/v1/chat/completions', { ...chat, metadata: { a: 'x'.repeat(11) } }],
	['nameCharacters', '/openai/v1/chat/completions', { ...chat, model: 'x'.repeat(21) }],
	['nameCharacters', '/openai/v1/chat/completions', { ...chat, tools: [tool('x'.repeat(21))] }],
	['idCharacters', '/openai/v1/chat/completions', { ...chat, user: 'x'.repeat(31) }],
	['idCharacters', '/openai/v1/responses', { model: 'echo', input: 'x', previous_response_id: 'x'.repeat(31) }],
	[
		'patternCharacters',
		'/openai/v1/chat/completions',
		{ ...chat, tools: [tool('a', { properties: { pattern: { pattern: 'x'.repeat(11) } } })] },
	],
	['images', '/openai/v1/chat/completions', { ...chat, messages: [{ role: 'user', content: [image, image] }] }],
	['files', '/openai/v1/chat/completions', { ...chat, messages: [{ role: 'user', content: [file, file] }] }],
	['audios', '/openai/v1/chat/completions', { ...chat, messages: [{ role: 'user', content: [audio, audio] }] }],
	['choices', '/openai/v1/chat/completions', { ...chat, n: 5, max_tokens: 1 }],
	['choices', '/openai/v1/completions', { model: 'echo', prompt: ['a', 'b', 'c'], n: 2, max_tokens: 1 }],
	['answerValues', '/openai/v1/chat/completions', { ...chat, n: 2, max_tokens: 501 }],
	['answerValues', '/openai/v1/chat/completions', { ...chat, logprobs: true, top_logprobs: 20, max_tokens: 50 }],
	['answerValues', '/openai/v1/chat/completions', { ...chat, n: 2 }],
	['embeddingValues', '/openai/v1/embeddings', { model: 'echo', input: ['a', 'b'], dimensions: 51 }],
	['tokenizeCharacters', '/openai/v1/tokenize', { model: 'echo', prompt: 'x'.repeat(101) }],
	['documents', '/opengatellm/v1/rerank', { model: 'echo', query: 'q', documents: ['a', 'b', 'c'] }],
	['arrayElements', '/openai/v1/chat/completions', { ...chat, other: Array.from({ length: 21 }, () => 0) }],
	[
		'mapEntries',
		'/openai/v1/chat/completions',
		{ ...chat, other: Object.fromEntries(Array.from({ length: 31 }, (_, at) => [`a${at}`, 0])) },
	],
	['tokenIds', '/openai/v1/embeddings', { model: 'echo', input: Array.from({ length: 41 }, () => 1), dimensions: 2 }],
	['jsonValues', '/openai/v1/chat/completions', { ...chat, other: Array.from({ length: 201 }, () => 0) }, 413],
]

/** Forms, by their fields. */
const forms: Readonly<Partial<Record<keyof RequestBounds, readonly string[]>>> = {
	formFields: ['a', 'b', 'c', 'd', 'e', 'f'],
	formRepeats: ['a', 'a', 'a'],
}

test('every bound has a request that exceeds it', () => {
	const tried = new Set<string>([...violations.map(([setting]) => setting), ...Object.keys(forms)])
	expect(Object.keys(defaultBounds).filter((setting) => !tried.has(setting))).toEqual([])
})

describe('a request beyond a bound', () => {
	for (const [setting, names] of Object.entries(forms))
		test(`limits.${setting} is refused in a form`, async () => {
			await using app = await openSmall()
			const body = new URLSearchParams(names.map((name) => `${name}=x`).join('&'))
			const headers = { authorization: `Bearer ${await app.addKey({ name: 'sender', role: 'user' })}` }
			const request = new Request('http://localhost/v1/audio/transcriptions', { method: 'POST', headers, body })
			const response = await app.fetch(request)
			expect([setting, response.status]).toEqual([setting, setting === 'formFields' ? 413 : 422])
			expect((await errorOf(response)).message).toContain(`limits.${setting}`)
		})

	for (const [setting, path, body, status] of violations)
		test(`limits.${setting} is refused by ${path}`, async () => {
			await using app = await openSmall()
			const response = await app.post(path, body)
			expect(response.status).toBe(status ?? (path.startsWith('/opengatellm') ? 422 : 400))
			expect((await errorOf(response)).message).toContain(`limits.${setting}`)
			expect(app.upstream().received).toEqual([])
		})

	test('is answered if one answer without alternatives is as long as its model permits', async () => {
		await using app = await openSmall()
		expect((await app.post('/openai/v1/chat/completions', { ...chat, max_tokens: 2 ** 31 })).status).toBe(200)
	})
})

test('errors of bounds have the form of each dialect', () => {
	for (const dialect of dialects) {
		const body = { messages: Array.from({ length: defaultBounds.messages + 1 }, () => hi) }
		let thrown: unknown
		try {
			checkJson(body, { bounds: defaultBounds, fields, maxDepth: 128 })
		} catch (error) {
			thrown = error
		}
		if (!(thrown instanceof ChatError)) throw new Error('no error')
		const { status, body: written } = dialect.writeError(thrown, 'req_1')
		expect(status).toBeWithin(400, 423)
		expect(JSON.stringify(written)).toContain(`length ${defaultBounds.messages + 1}`)
	}
})

test('a small request does not wait for several with many vectors', async () => {
	await using app = await App.open()
	const order: string[] = []
	const embed = (inputs: number, name: string) =>
		app
			.post('/openai/v1/embeddings', { model: 'echo', input: Array.from({ length: inputs }, String), dimensions: 1024 })
			.then((response) => order.push(`${name} ${response.status}`))
	await Promise.all([embed(256, 'large'), embed(256, 'large'), embed(256, 'large'), embed(1, 'small')])
	expect(order.slice(0, 2)).toContain('small 200')
	expect(order.filter((one) => one === 'large 200').length).toBe(3)
})
