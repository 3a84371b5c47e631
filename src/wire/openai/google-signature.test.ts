import { expect, test } from 'bun:test'
import { eventsOfPart } from '../../chat/completion-events.ts'
import type { Signature } from '../../chat/message.ts'
import { ChatChunkReader } from './chat-chunk-reader.ts'
import { ChatChunkWriter } from './chat-chunk-writer.ts'
import { readMessages } from './chat-messages-reader.ts'
import { chunksOf } from './chat-relay.testing.ts'
import { writeCompletion } from './completion-writer.ts'

const identity = { id: 'x', created: 1, model: 'm' }
const usage = { promptTokens: 1, completionTokens: 1, cachedTokens: 0, reasoningTokens: 0, source: 'upstream' } as const

/** A call with `signature`, as a client receives it and sends it back: from a whole answer and from a stream. */
function returned(signature: Signature, tagsSignatures: boolean) {
	const shape = { legacyFunctions: false, includeUsage: false, tagsSignatures }
	const part = { type: 'tool-call', kind: 'function', id: 'c', name: 'f', arguments: '{}', signature } as const
	const whole = writeCompletion({ choices: [{ parts: [part], finishReason: 'tool-calls' }], usage }, identity, shape)
	const writer = new ChatChunkWriter(identity, shape)
	const events = [{ type: 'start' } as const, ...eventsOfPart(part, 0)]
	const chunks = chunksOf(events.map((event) => writer.write(event)).join(''))
	return { message: JSON.parse(JSON.stringify(whole)).choices[0].message, chunks }
}

function readBack(message: { readonly tool_calls: readonly object[] }): Signature | undefined {
	const result = { role: 'tool', tool_call_id: 'c', content: 'r' } as const
	const [assistant] = readMessages([JSON.parse(JSON.stringify(message)), result], (violation) => {
		throw violation
	})
	const [part] = assistant?.role === 'assistant' ? assistant.content.slice(-1) : []
	return part?.type === 'tool-call' ? part.signature : undefined
}

test.each([
	[
		{ wire: 'gemini', value: 'S/+=', origin: 'host: a model' },
		true,
		{ wire: 'gemini', value: 'S/+=', origin: 'host: a model' },
	],
	[{ wire: 'gemini', value: 'S/+=', origin: 'host: a model' }, false, { wire: 'gemini', value: 'S/+=' }],
	[{ wire: 'gemini', value: 'S/+=' }, true, { wire: 'gemini', value: 'S/+=' }],
])('%j, with tags %p, comes back as %j', (signature, tags, expected) => {
	const { message, chunks } = returned(signature, tags)
	expect(readBack(message)).toEqual(expected)
	const reader = new ChatChunkReader({
		model: 'm',
		choices: 1,
		errors: { title: 'The upstream', trusted: false },
		namedTool: false,
		newCallId: () => 'new',
	})
	const started = chunks.flatMap((chunk) => reader.read(chunk)).find(({ type }) => type === 'part-start')
	expect(started).toMatchObject({ part: { signature: expected } })
})

test('signatures of other wires are not written', () => {
	expect(JSON.stringify(returned({ wire: 'anthropic', value: 'S' }, true))).not.toContain('extra_content')
})
