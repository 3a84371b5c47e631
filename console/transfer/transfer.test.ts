// Files of other systems, hostile ones included, without a browser: Bun has the same Blob and DecompressionStream.

import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32, deflateRawSync } from 'node:zlib'
import { rejection } from '../../src/system/rejection.testing.ts'
import { exchangesOf, type ForeignConversation, type LeftOutCounts } from './foreign-conversation.ts'
import { readEntries, readForeign } from './read-import.ts'
import { readZip } from './read-zip.ts'
import { ZipWriter } from './write-zip.ts'

const fixture = (name: string): string => readFileSync(join(import.meta.dir, '..', 'fixtures', name), 'utf8')

function read(entry: unknown): { readonly conversation: ForeignConversation; readonly counts: LeftOutCounts } {
	const counts: LeftOutCounts = {}
	const conversation = readForeign(entry, counts)
	if (conversation === undefined) throw new Error('not a conversation')
	return { conversation, counts }
}

const shown = (conversation: ForeignConversation) =>
	exchangesOf(conversation).map(({ messages, parent }) => [parent, ...messages.map(({ text }) => text)])

test("OpenAI's export keeps its branches, and the branch that was shown is last", async () => {
	const entries = await readEntries(new Blob([fixture('openai-conversations.json')]))
	const { conversation, counts } = read(entries[0])
	expect(conversation).toMatchObject({ source: 'openai', createdAt: 1_700_000_000, current: 'a2' })
	expect(shown(conversation)).toEqual([
		[undefined, 'Name a bridge <b>now</b>', 'Pont Neuf.'],
		[undefined, 'Name a bridge <b>now</b>', 'The Rialto.'],
		['a1', 'How long?', '48 metres.'],
		['a1', 'How old?', 'From 1591.'],
	])
	expect(conversation.messages.find(({ id }) => id === 'a1b')).toMatchObject({ model: 'o3', createdAt: 1_700_000_105 })
	expect(counts).toEqual({ system: 1, thoughts: 1, tools: 2, pictures: 1 })
	expect(read(entries[1]).conversation.messages).toEqual([])
})

test("Open WebUI's export keeps its branches, pictures, tags and pins", async () => {
	const [entry] = await readEntries(new Blob([fixture('open-webui-chats.json')]))
	const { conversation, counts } = read(entry)
	expect(conversation).toMatchObject({ title: 'A pixel', metadata: { pinned: 'true', tags: 'pictures,small' } })
	expect(shown(conversation)).toEqual([
		[undefined, 'What is in the picture?', 'A red dot.'],
		[undefined, 'What is in the picture?', 'One pixel.'],
		['r2', 'Which colour?', 'Red.'],
	])
	expect(conversation.messages[0]?.images).toHaveLength(1)
	expect(counts).toEqual({ thoughts: 1 })
	// An old export without a tree.
	const messages = [
		{ role: 'user', content: 'a' },
		{ role: 'assistant', content: 'b' },
	]
	expect(shown(read({ chat: { messages } }).conversation)).toEqual([[undefined, 'a', 'b']])
})

const node = (id: string, parent: unknown, role: unknown = 'user', parts: unknown = [id]) => ({
	...{ id, parent, children: [] },
	message: { author: { role }, content: { content_type: 'text', parts } },
})

test('circles, missing parents and wrong types end in a conversation or in nothing', () => {
	const circle = {
		mapping: { a: node('a', 'b'), b: node('b', 'a', 'assistant'), c: node('c', 'none') },
		current_node: 'a',
	}
	expect(shown(read(circle).conversation).flat().filter(Boolean).sort()).toEqual(['a', 'b', 'c'])
	const hidden = {
		mapping: { a: node('a', 'b', 'tool'), b: node('b', 'a', 'tool'), c: node('c', 'a') },
		current_node: 7,
	}
	expect(shown(read(hidden).conversation)).toEqual([[undefined, 'c']])
	const wrong = {
		...{ id: 7, title: {}, create_time: 'x' },
		mapping: {
			a: 1,
			b: null,
			c: { message: [] },
			d: node('d', {}, 7),
			e: node('e', [], 'user', { x: 1 }),
			f: node('f', 'f'),
		},
	}
	expect(shown(read(wrong).conversation)).toEqual([[undefined, 'f']])
	expect(readForeign({ chat: { history: { messages: 3 }, messages: [null, 7, { role: [] }] } }, {})?.messages).toEqual(
		[],
	)
	for (const entry of [null, 7, 'x', [], {}, { mapping: [] }, { chat: null }])
		expect(readForeign(entry, {})).toBeUndefined()
	const proto = JSON.parse(
		'{"mapping": {"__proto__": {"message": {"author": {"role": "user"}, "content": {"parts": ["p"]}}}}}',
	)
	expect(shown(read(proto).conversation)).toEqual([[undefined, 'p']])
})

test('a long chain and a wide fork take a moment only, in requests of at most 20 messages', () => {
	const chain = Object.fromEntries(
		Array.from({ length: 20_000 }, (_, index) => [`n${index}`, node(`n${index}`, `n${index - 1}`)]),
	)
	const exchanges = exchangesOf(read({ mapping: chain }).conversation)
	expect(Math.max(...exchanges.map(({ messages }) => messages.length))).toBe(20)
	expect(exchanges.reduce((sum, { messages }) => sum + messages.length, 0)).toBe(20_000)
	const fork = Object.fromEntries(
		Array.from({ length: 20_000 }, (_, index) => [
			`n${index}`,
			node(`n${index}`, index === 0 ? null : 'n0', 'assistant'),
		]),
	)
	expect(exchangesOf(read({ mapping: fork }).conversation)).toHaveLength(20_000)
	const tools = Object.fromEntries(
		Array.from({ length: 20_000 }, (_, index) => [
			`n${index}`,
			node(`n${index}`, `n${index - 1}`, index % 100 === 0 ? 'user' : 'tool'),
		]),
	)
	expect(read({ mapping: tools }).conversation.messages).toHaveLength(200)
})

test('an archive is written and read', async () => {
	const zip = new ZipWriter()
	zip.add('Été.json', '{"a":"é"}')
	zip.add('Été.json', 'second')
	const archive = zip.finish()
	const entries = await readZip(archive)
	expect(await Promise.all(entries.map(async ({ name, text }) => [name, await text(100)]))).toEqual([
		['Été.json', '{"a":"é"}'],
		['Été 2.json', 'second'],
	])
	// Other programs compare the checksum.
	const bytes = new DataView(await archive.arrayBuffer())
	expect(bytes.getUint32(14, true)).toBe(crc32('{"a":"é"}'))
})

/** An archive with one compressed file. */
function deflated(name: string, content: string): Blob {
	const [packed, encoded] = [deflateRawSync(content), Buffer.from(name)]
	const local = Buffer.alloc(30)
	local.writeUInt32LE(0x04034b50, 0)
	local.writeUInt16LE(8, 8)
	local.writeUInt16LE(encoded.length, 26)
	const entry = Buffer.alloc(46)
	entry.writeUInt32LE(0x02014b50, 0)
	entry.writeUInt16LE(8, 10)
	entry.writeUInt32LE(packed.length, 20)
	entry.writeUInt16LE(encoded.length, 28)
	const end = Buffer.alloc(22)
	end.writeUInt32LE(0x06054b50, 0)
	end.writeUInt16LE(1, 10)
	end.writeUInt32LE(entry.length + encoded.length, 12)
	end.writeUInt32LE(local.length + encoded.length + packed.length, 16)
	return new Blob([local, encoded, packed, entry, encoded, end])
}

test('conversations are found inside of an archive, and bombs and damage are refused', async () => {
	const archive = deflated('export/conversations.json', fixture('openai-conversations.json'))
	expect(await readEntries(archive)).toHaveLength(2)
	const [bomb] = await readZip(deflated('conversations.json', ' '.repeat(5_000_000)))
	expect(await rejection(Promise.resolve(bomb?.text(1_000_000)))).toMatchObject({ reason: 'too-large' })
	const reasonOf = async (file: Blob) => {
		const failure = await readEntries(file).catch((thrown: unknown) => thrown)
		return failure instanceof Error && 'reason' in failure ? failure.reason : failure
	}
	expect(await reasonOf(archive.slice(0, archive.size - 30))).toBe('damaged-zip')
	const changed = await reasonOf(new Blob([archive.slice(0, 60), 'x'.repeat(40), archive.slice(100)]))
	expect(['damaged-zip', 'not-json']).toContain(String(changed))
	expect(await reasonOf(deflated('other.json', '[]'))).toBe('no-conversations')
	expect(await reasonOf(new Blob(['{"a":']))).toBe('not-json')
	expect(await reasonOf(new Blob(['[]']))).toBe('no-conversations')
	expect(await reasonOf(new Blob(['[1, {"a": 2}]']))).toBe('unknown-format')
	expect(['not-json', 'unknown-format']).toContain(String(await reasonOf(new Blob(['['.repeat(300_000)]))))
})
