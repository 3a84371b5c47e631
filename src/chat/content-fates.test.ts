import { expect, test } from 'bun:test'
import { type ContentFates, contentReporter } from './content-fates.ts'
import type { ChatRequest } from './request.ts'

const dropsAll: ContentFates = {
	'system.rest': 'dropped',
	'user.rest': 'dropped',
	'assistant.rest': 'dropped',
	'tool.rest': 'dropped',
	'text.rest': 'dropped',
	'reasoning.signature': 'dropped',
	'reasoning.encrypted': 'dropped',
	'reasoning.rest': 'dropped',
	'tool-call.signature': 'dropped',
	'tool-call.rest': 'dropped',
	'refusal.rest': 'dropped',
	'image.detail': 'dropped',
	'image.rest': 'dropped',
	'audio.rest': 'dropped',
	'file.id': 'dropped',
	'file.name': 'dropped',
	'file.data': 'dropped',
	'file.url': 'dropped',
	'file.rest': 'dropped',
	'function.description': 'dropped',
	'function.parameters': 'dropped',
	'function.rest': 'dropped',
	'custom.description': 'dropped',
	'custom.grammar': 'dropped',
	'custom.rest': 'dropped',
}

const image = { type: 'image', url: 'data:,' } as const

function reported(fates: ContentFates, { messages = [], tools = [] }: Partial<ChatRequest>): readonly string[] {
	const dropped: string[] = []
	contentReporter(fates)({ messages, tools }, (part) => dropped.push(part))
	return dropped
}

test('reports each dropped field that has a value, once', () => {
	const messages: ChatRequest['messages'] = [
		{
			role: 'user',
			content: [
				{ ...image, detail: 'low' },
				{ ...image, detail: 'high' },
			],
		},
		{ role: 'assistant', content: [{ type: 'reasoning', text: '', signature: { wire: 'w', value: 's' } }] },
	]
	const tools: ChatRequest['tools'] = [{ type: 'function', name: 'f', strict: false, description: 'd' }]
	expect(reported(dropsAll, { messages, tools })).toEqual([
		'image_url.detail',
		'reasoning.signature',
		'tools.description',
	])
	expect(reported({ ...dropsAll, 'image.detail': 'unused' }, { messages })).toEqual(['reasoning.signature'])
})

test('reports neither fields without a value, nor defaults, nor unknown fields, which have reports of their own', () => {
	const rest = { wire: 'w', fields: { a: 1 } }
	const messages: ChatRequest['messages'] = [
		{ role: 'user', content: [{ ...image, detail: 'auto', rest }], rest },
		{ role: 'assistant', content: [{ type: 'reasoning', text: '', signature: undefined }] },
	]
	expect(reported(dropsAll, { messages })).toEqual([])
})
