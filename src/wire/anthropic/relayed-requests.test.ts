// What the canonical model does not understand of a Messages request: it reaches an upstream of the same wire as the
// client sent it, and is reported by its path for other wires.

import { expect, test } from 'bun:test'
import { requestFor } from '../../chat/destination.ts'
import { parseJson, stringifyJson } from '../../chat/json-text.ts'
import { passthroughFor } from '../../chat/request-fates.ts'
import { readMessageRequest } from './message-request-reader.ts'
import { type MessageRequestForm, writeMessageRequest } from './message-request-writer.ts'

const form: MessageRequestForm = {
	maxTokens: 500,
	thinking: 'effort',
	cache: 'client',
	systemMessages: 'user',
	schemaBounds: 'remove',
}
const base = { model: 'm', max_tokens: 5000, messages: [{ role: 'user', content: [{ type: 'text', text: 'a' }] }] }
const tool = { name: 'f', input_schema: { type: 'object', properties: {} } }
const tools = { tools: [tool], tool_choice: { type: 'auto' } }
const block = (content: object) => ({ ...base, messages: [{ role: 'user', content: [content] }] })
const text = { type: 'text', media_type: 'text/plain', data: 'D' }

const cases: Readonly<Record<string, readonly [body: object, other: readonly string[]]>> = {
	'a field of a tool': [{ ...base, ...tools, tools: [{ ...tool, input_examples: [{}] }] }, ['tools[0].input_examples']],
	'a field of the tool choice': [{ ...base, ...tools, tool_choice: { type: 'auto', x: 1 } }, ['tool_choice.x']],
	'a field of enabled thinking': [
		{ ...base, thinking: { type: 'enabled', budget_tokens: 1024, x: 1 } },
		['thinking.x'],
	],
	'the display of thinking': [
		{ ...base, thinking: { type: 'enabled', budget_tokens: 1024, display: 'summarized' } },
		['thinking.display'],
	],
	'thinking of another type': [{ ...base, thinking: { type: 'adaptive', display: 'summarized' } }, ['thinking']],
	'a field of an image': [
		block({ type: 'image', source: { type: 'url', url: 'u', x: 1 }, y: 1 }),
		['messages[0].content[0].source.x', 'messages[0].content[0].y'],
	],
	'a field of inline data': [
		block({ type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'AAAA', x: 1 } }),
		['messages[0].content[0].source.x'],
	],
	'a field of a text document': [
		block({ type: 'document', source: { ...text, x: 1 }, y: 1 }),
		['messages[0].content[0].source.x', 'messages[0].content[0].y'],
	],
	'a field of a document of blocks': [
		block({ type: 'document', source: { type: 'content', content: [{ type: 'text', text: 'z', x: 1 }] }, y: 1 }),
		['messages[0].content[0].x', 'messages[0].content[0].y'],
	],
	'a cited document': [
		block({ type: 'document', source: text, citations: { enabled: true } }),
		['messages[0].content[0].citations'],
	],
	'a search result': [
		block({ type: 'search_result', source: 's', title: 't', content: [{ type: 'text', text: 'x' }], y: 1 }),
		['messages[0].content[0].y'],
	],
}

test.each(Object.entries(cases))('%s', (_, [body, other]) => {
	const dropped: string[] = []
	const drop = (name: string) => void dropped.push(name)
	// Through bytes, as on the wire.
	const { request } = readMessageRequest(parseJson(JSON.stringify(body)), null)
	const written = writeMessageRequest(request, { model: 'm', form, stream: false, drop })
	expect(JSON.parse(stringifyJson(written.body))).toEqual({ ...body, stream: false })
	expect(dropped).toEqual([])
	passthroughFor(requestFor({ wire: 'other' }, request, drop), 'other', drop)
	expect(dropped.toSorted()).toEqual(other.toSorted())
})
