import { describe, expect, test } from 'bun:test'
import { nearest } from './nearest.ts'

const upstreams = ['ollama', 'openai', 'anthropic', 'vllm']
const models = [
	'smollm2-135m',
	'smollm2-360m',
	'qwen2.5-0.5b',
	'qwen2.5-1.5b',
	'llama-3.2-1b',
	'llama-3.2',
	'tiny-chat',
]

describe('nearest', () => {
	test.each([
		['olama', upstreams, 'ollama'],
		['OLLAMA', upstreams, 'ollama'],
		['ollmaa', upstreams, 'ollama'],
		['opneai', upstreams, 'openai'],
		['antropic', upstreams, 'anthropic'],
		['vlm', upstreams, 'vllm'],
		['llama3.2', models, 'llama-3.2'],
		['smollm2_135m', models, 'smollm2-135m'],
		['smollm2-315m', models, 'smollm2-135m'],
		['smolm2-360m', models, 'smollm2-360m'],
		['smollm2', models, 'smollm2-135m'],
		['tinychat', models, 'tiny-chat'],
		['api_base', ['url', 'api-base', 'key'], 'api-base'],
		['maxtokens', ['maxTokens', 'contextTokens'], 'maxTokens'],
	] as const)('takes %j of %j for %j', (word, candidates, meant) => {
		expect(nearest(word, candidates)).toBe(meant)
	})

	test.each([
		['gpt-4o', upstreams],
		['claude', models],
		['', upstreams],
		['x', upstreams],
		['ab', ['cd', 'xy']],
		['key', ['url']],
		['---', ['...']],
		['ollama', []],
	] as const)('finds nothing near %j in %j', (word, candidates) => {
		expect(nearest(word, candidates)).toBeUndefined()
	})

	test('prefers fewer edits, and the first among equals', () => {
		expect(nearest('modle', ['models', 'model'])).toBe('model')
		expect(nearest('bat', ['cat', 'rat'])).toBe('cat')
		expect(nearest('route', new Set(['routes', 'router']))).toBe('routes')
	})

	test('compares words of any length quickly', () => {
		const long = 'a'.repeat(1_000_000)
		expect(nearest(long, [`${long}b`, 'a'])).toBeUndefined()
		expect(nearest(long, [long])).toBe(long)
	})
})
