import { describe, expect, test } from 'bun:test'
import { ChatError } from '../../chat/error.ts'
import type { JsonObject } from '../../chat/json.ts'
import { readMessageRequest } from './message-request-reader.ts'

const user = (content: unknown) => ({ role: 'user', content })
const hello = [user('hello')]
const read = (fields: object, betas: string | null = null) =>
	readMessageRequest({ model: 'm', max_tokens: 100, messages: hello, ...fields }, betas)
const messagesOf = (...messages: readonly unknown[]) => read({ messages }).request.messages
const partsOf = (...blocks: readonly unknown[]) => messagesOf(user(blocks))[0]?.content

function refused(fields: object): ChatError {
	try {
		read(fields)
	} catch (thrown) {
		if (thrown instanceof ChatError) return thrown
	}
	throw new Error('it was not refused')
}

describe('content', () => {
	test('images as base64 and by URL', () => {
		expect(
			partsOf(
				{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } },
				{
					type: 'image',
					source: { type: 'url', url: 'https://x.example/i.png' },
					cache_control: { type: 'ephemeral' },
				},
			),
		).toEqual([
			{ type: 'image', url: 'data:image/png;base64,aGk=' },
			{ type: 'image', url: 'https://x.example/i.png', cacheMark: {} },
		])
	})
	test('an image by file id is rejected, since the server stores no files', () => {
		const error = refused({ messages: [user([{ type: 'image', source: { type: 'file', file_id: 'file_1' } }])] })
		expect(error.kind).toBe('unsupported')
		expect(error.param).toBe('messages[0].content[0].source')
	})
	test('documents as bytes, by URL and by id are files', () => {
		const title = 'Report'
		expect(
			partsOf(
				{ type: 'document', title, source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERg==' } },
				{ type: 'document', source: { type: 'url', url: 'https://x.example/d.pdf' } },
				{
					type: 'document',
					context: 'last year',
					source: { type: 'file', file_id: 'file_1' },
					cache_control: { type: 'ephemeral' },
				},
			),
		).toEqual([
			{ type: 'file', name: 'Report', data: 'data:application/pdf;base64,JVBERg==' },
			{ type: 'file', url: 'https://x.example/d.pdf' },
			{ type: 'file', id: 'file_1', cacheMark: {}, rest: { wire: 'anthropic', fields: { context: 'last year' } } },
		])
	})
	test('text documents and search results are text under their title', () => {
		expect(
			partsOf(
				{
					type: 'document',
					title: 'T',
					context: 'C',
					source: { type: 'text', media_type: 'text/plain', data: 'body' },
				},
				{ type: 'document', source: { type: 'text', data: 'bare' }, cache_control: { type: 'ephemeral' } },
				{
					type: 'document',
					title: 'Parts',
					source: {
						type: 'content',
						content: [
							{ type: 'text', text: 'p1' },
							{ type: 'image', source: { type: 'url', url: 'https://x.example/i.png' } },
						],
					},
					cache_control: { type: 'ephemeral', ttl: '1h' },
				},
				{
					type: 'search_result',
					title: 'S',
					source: 'https://x.example',
					content: [
						{ type: 'text', text: 'a' },
						{ type: 'text', text: 'b' },
					],
				},
			),
		).toEqual([
			{ type: 'text', text: 'Title: T\nContext: C\n\nbody' },
			{ type: 'text', text: 'bare', cacheMark: {} },
			{ type: 'text', text: 'Title: Parts' },
			{ type: 'text', text: 'p1' },
			{ type: 'image', url: 'https://x.example/i.png', cacheMark: '1h' },
			{ type: 'text', text: 'Title: S\nSource: https://x.example\n\na\nb' },
		])
	})
	test('search results whose texts have fields of their own are items of this wire', () => {
		const cache_control = { type: 'ephemeral' }
		const block = (...content: readonly JsonObject[]) => ({ type: 'search_result', title: 'S', source: 's', content })
		const [a, b] = [
			{ type: 'text', text: 'a', cache_control, new_field: 1 },
			{ type: 'text', text: 'b', citations: [{ type: 'char_location', cited_text: 'x' }] },
		]
		expect(partsOf(block(a, b))).toEqual([
			{
				type: 'provider-item',
				wire: 'anthropic',
				item: block(a, b),
				substitute: {
					parts: [{ type: 'text', text: 'Title: S\nSource: s\n\na\nb' }],
					lost: ['content[0].new_field', 'content[0].cache_control', 'content[1].citations'],
				},
			},
		])
		expect(partsOf({ ...block(b), citations: { enabled: true } })).toMatchObject([
			{ substitute: { lost: ['citations', 'content[0].citations'] } },
		])
	})
	test('documents and search results with citations are items of this wire, with their text for others', () => {
		const citations = { enabled: true }
		const marked = { cache_control: { type: 'ephemeral' } }
		const blocks = [
			{ type: 'document', title: 'T', source: { type: 'text', data: 'body' }, citations, ...marked },
			{ type: 'document', source: { type: 'content', content: [{ type: 'text', text: 'p1' }] }, citations },
			{ type: 'search_result', title: 'S', source: 's', content: [{ type: 'text', text: 'a' }], citations },
		]
		expect(partsOf(...blocks)).toEqual([
			{
				type: 'provider-item',
				wire: 'anthropic',
				item: blocks[0] ?? {},
				substitute: { parts: [{ type: 'text', text: 'Title: T\n\nbody', cacheMark: {} }], lost: ['citations'] },
			},
			{
				type: 'provider-item',
				wire: 'anthropic',
				item: blocks[1] ?? {},
				substitute: { parts: [{ type: 'text', text: 'p1' }], lost: ['citations'] },
			},
			{
				type: 'provider-item',
				wire: 'anthropic',
				item: blocks[2] ?? {},
				substitute: { parts: [{ type: 'text', text: 'Title: S\nSource: s\n\na' }], lost: ['citations'] },
			},
		])
		expect(partsOf({ ...blocks[0], citations: { enabled: false } })).toMatchObject([
			{ type: 'text', text: 'Title: T\n\nbody' },
		])
		expect(partsOf({ type: 'document', source: { type: 'url', url: 'https://x.example' }, citations })).toMatchObject([
			{ type: 'file', rest: { wire: 'anthropic', fields: { citations } } },
		])
	})
	test('unknown fields of blocks that become text are the rest of their text, and the blocks are items', () => {
		const own = { own: 1 }
		const texts = [{ type: 'text', text: 'a', ...own }]
		const blocks = [
			{ type: 'document', source: { type: 'text', data: 'a' }, ...own },
			{ type: 'document', source: { type: 'text', data: 'a', ...own } },
			{ type: 'document', source: { type: 'content', content: 'a', ...own }, ...own },
			{ type: 'search_result', title: 'S', source: 's', content: texts, ...own },
		]
		const named = (fields: object, lost: readonly string[] = []) => ({ lost, parts: [{ rest: { fields } }] })
		const path = { 'source.own': 1 }
		expect(partsOf(...blocks)).toMatchObject([
			{ type: 'provider-item', item: blocks[0], substitute: named(own) },
			{ type: 'provider-item', item: blocks[1], substitute: named(path) },
			{ type: 'provider-item', item: blocks[2], substitute: named({ ...own, ...path }) },
			{ type: 'provider-item', item: blocks[3], substitute: named(own, ['content[0].own']) },
		])
		const image = { type: 'image', source: { type: 'url', url: 'https://x.example/i.png', ...own } }
		expect(partsOf(image)).toMatchObject([{ type: 'image', rest: { fields: path } }])
	})
})

describe('agent conversations', () => {
	const call = (id: string) => ({ type: 'tool_use', id, name: 'look', input: { at: 1 } })
	const result = (id: string, fields: object = {}) => ({
		type: 'tool_result',
		tool_use_id: id,
		content: 'seen',
		...fields,
	})
	const assistant = (...content: readonly unknown[]) => ({ role: 'assistant', content })

	test('tool results become separate messages before the user message', () => {
		expect(
			messagesOf(
				...hello,
				assistant({ type: 'text', text: 'I look.' }, call('toolu_1'), call('toolu_2')),
				user([
					{ type: 'text', text: 'go on' },
					result('toolu_1', { is_error: true, cache_control: { type: 'ephemeral' } }),
					result('toolu_2'),
				]),
			).slice(1),
		).toEqual([
			{
				role: 'assistant',
				content: [
					{ type: 'text', text: 'I look.' },
					{ type: 'tool-call', kind: 'function', id: 'toolu_1', name: 'look', arguments: '{"at":1}' },
					{ type: 'tool-call', kind: 'function', id: 'toolu_2', name: 'look', arguments: '{"at":1}' },
				],
			},
			{ role: 'tool', callId: 'toolu_1', content: [{ type: 'text', text: 'seen' }], isError: true, cacheMark: {} },
			{ role: 'tool', callId: 'toolu_2', content: [{ type: 'text', text: 'seen' }] },
			{ role: 'user', content: [{ type: 'text', text: 'go on' }] },
		])
	})
	test('a result contains text, images, documents, search results and tool names, or nothing', () => {
		const content = [
			{ type: 'text', text: 'seen' },
			{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } },
			{ type: 'document', source: { type: 'text', data: 'body' } },
			{ type: 'tool_reference', tool_name: 'other' },
		]
		const messages = messagesOf(
			...hello,
			assistant(call('a'), call('b')),
			user([result('a', { content }), { type: 'tool_result', tool_use_id: 'b' }]),
		)
		expect(messages[2]?.content).toEqual([
			{ type: 'text', text: 'seen' },
			{ type: 'image', url: 'data:image/png;base64,aGk=' },
			{ type: 'text', text: 'body' },
			{
				type: 'provider-item',
				wire: 'anthropic',
				item: { type: 'tool_reference', tool_name: 'other' },
				substitute: { parts: [{ type: 'text', text: 'other' }] },
			},
		])
		expect(messages[3]?.content).toEqual([])
	})
	test('the time for many signed calls grows with their number', () => {
		const ids = Array.from({ length: 40_000 }, (_, index) => `c${index}`)
		const signed = ids.flatMap((id) => [{ type: 'redacted_thinking', data: `call:gemini:${id}:S` }, call(id)])
		const began = process.threadCpuUsage()
		const [, answer] = messagesOf(...hello, assistant(...signed), user(ids.map((id) => result(id))))
		expect(process.threadCpuUsage(began).user / 1000).toBeLessThan(5000)
		expect(answer?.content.at(-1)).toMatchObject({ id: ids.at(-1), signature: { wire: 'gemini', value: 'S' } })
	})
	test('results may span several messages, with instructions between them', () => {
		const roles = messagesOf(
			...hello,
			assistant(call('a'), call('b')),
			{ role: 'system', content: 'careful' },
			user([result('a')]),
			user([result('b'), { type: 'text', text: 'done' }]),
		).map(({ role }) => role)
		expect(roles).toEqual(['user', 'assistant', 'system', 'tool', 'tool', 'user'])
	})
	test('a result without a call, and a call without a result, are rejected', () => {
		const stray = refused({ messages: [...hello, assistant(call('a')), user([result('a'), result('b')])] })
		expect(stray.message).toStartWith('messages.2: unexpected `tool_use_id` found in `tool_result` blocks: b.')
		expect(stray.param).toBe('messages[2]')
		for (const rest of [
			[user('and?')],
			[user([result('a'), { type: 'text', text: 'x' }])],
			[assistant({ type: 'text', text: 'x' })],
			[],
		])
			expect(refused({ messages: [...hello, assistant(call('a'), call('c')), ...rest] }).message).toMatch(
				/^messages\.1: `tool_use` ids were found without `tool_result` blocks immediately after: (a, )?c\./,
			)
	})
	test('a first message may contain results for calls in a stored conversation', () => {
		expect(messagesOf(user([result('toolu_9')]))).toEqual([
			{ role: 'tool', callId: 'toolu_9', content: [{ type: 'text', text: 'seen' }] },
		])
	})
	test('thinking is read with its signature, redacted or not', () => {
		const [, turn] = messagesOf(
			...hello,
			assistant(
				{ type: 'thinking', thinking: 'first ', signature: 'c2ln' },
				{ type: 'redacted_thinking', data: 'ZGF0YQ==' },
				{ type: 'thinking', thinking: 'then', signature: '' },
				{ type: 'thinking', thinking: '', signature: 'gemini:xyz' },
				{ type: 'text', text: 'so' },
			),
		)
		expect(turn).toEqual({
			role: 'assistant',
			content: [
				{ type: 'reasoning', text: 'first ', signature: { wire: 'anthropic', value: 'c2ln' } },
				{ type: 'reasoning', text: '', signature: { wire: 'anthropic', value: 'ZGF0YQ==' }, encrypted: true },
				{ type: 'reasoning', text: 'then' },
				{ type: 'reasoning', text: '', signature: { wire: 'gemini', value: 'xyz' } },
				{ type: 'text', text: 'so' },
			],
		})
	})
	test('thinking without a signature is reasoning only', () => {
		const [, turn] = messagesOf(...hello, assistant({ type: 'thinking', thinking: 'hm' }, { type: 'text', text: 'so' }))
		expect(turn).toEqual({
			role: 'assistant',
			content: [
				{ type: 'reasoning', text: 'hm' },
				{ type: 'text', text: 'so' },
			],
		})
	})
	test('the last message may be a prefix of the response', () => {
		expect(messagesOf(...hello, { role: 'assistant', content: 'The answer is (' })[1]).toEqual({
			role: 'assistant',
			content: [{ type: 'text', text: 'The answer is (' }],
		})
	})

	test('blocks of unknown types are provider items, in their position', () => {
		const use = { type: 'server_tool_use', id: 'srv', name: 'web_search', input: { query: 'x' } }
		const found = { type: 'web_search_tool_result', tool_use_id: 'srv', content: [] }
		const upload = { type: 'container_upload', file_id: 'file_1' }
		const item = (item: object) => ({ type: 'provider-item', wire: 'anthropic', item })
		expect(
			messagesOf(
				user([{ type: 'text', text: 'a' }, upload, { type: 'text', text: 'b' }]),
				assistant(use, { type: 'text', text: 'c' }, found, call('a')),
				user([result('a', { content: [upload, { type: 'text', text: 'd' }] })]),
			).map(({ content }) => content),
		).toMatchObject([
			[{ text: 'a' }, item(upload), { text: 'b' }],
			[item(use), { text: 'c' }, item(found), { type: 'tool-call' }],
			[item(upload), { text: 'd' }],
		])
	})
	test('known blocks are validated', () => {
		for (const [role, block, message] of [
			['user', { type: 'text' }, 'messages.0.content.0.text: Field required'],
			['user', { type: 'image', source: { type: 'url' } }, 'messages.0.content.0.source.url: Field required'],
			[
				'user',
				{ type: 'tool_use', id: 'a', name: 'b', input: {} },
				"messages.0.content.0.type: Input 'tool_use' is none of",
			],
			['user', {}, 'messages.0.content.0.type: Field required'],
			['user', { type: 5 }, "messages.0.content.0.type: Input '5' is none of the expected"],
			[
				'user',
				{ type: { toString: 1, valueOf: 1 } },
				`messages.0.content.0.type: Input '{"toString":1,"valueOf":1}' is none of the expected`,
			],
			['assistant', { type: 'tool_use', id: 'a', name: 'b' }, 'messages.0.content.0.input: Field required'],
			[
				'assistant',
				{ type: 'redacted_thinking', data: 5 },
				'messages.0.content.0.data: Input should be a valid string',
			],
		] as const)
			expect(refused({ messages: [{ role, content: [block] }] }).message).toStartWith(message)
	})
	test('unknown fields are the rest of their message or block', () => {
		const rest = { wire: 'anthropic', fields: { extra: 1 } }
		const extra = 1
		expect(
			messagesOf(
				{ ...user([{ type: 'text', text: 'a', extra, cache_control: { type: 'ephemeral', shared: true } }]), extra },
				{
					...assistant(
						{ type: 'thinking', thinking: 'a', signature: 's', extra },
						{ type: 'redacted_thinking', data: 'd', extra },
						{ ...call('a'), extra, caller: { type: 'direct' } },
					),
					extra,
				},
				user([result('a', { extra, cache_control: null })]),
			),
		).toMatchObject([
			{
				rest,
				content: [{ cacheMark: {}, rest: { fields: { extra, cache_control: { type: 'ephemeral', shared: true } } } }],
			},
			{ rest, content: [{ rest }, { rest }, { type: 'tool-call', rest }] },
			{ role: 'tool', rest },
		])
		const usual = { text: 'a', citations: [], cache_control: { type: 'ephemeral', ttl: '1h' } }
		expect(messagesOf(user([{ type: 'text', ...usual }]))[0]?.content).toEqual([
			{ type: 'text', text: 'a', cacheMark: '1h' },
		])
		const results = { ...user([result('a')]), extra }
		expect(read({ messages: [...hello, assistant(call('a')), results] }).dropped).toEqual(['messages[2].extra'])
	})
})
