import { expect, test } from 'bun:test'
import { collect } from '../../chat/collect.testing.ts'
import type { ChatEvent } from '../../chat/event.ts'
import { ChatChunkReader } from './chat-chunk-reader.ts'
import { readAnyChatRequest } from './chat-request-reader.ts'
import { readCompletion } from './completion-reader.ts'
import { readPlainChatRequest } from './plain-chat-request.ts'
import { readPlainCompletion } from './plain-completion.ts'

/** One of `values`, or the field left out, by a number that counts up through all combinations. */
function combinations(
	fields: Readonly<Record<string, readonly unknown[]>>,
	count: number,
): readonly Record<string, unknown>[] {
	let state = 7
	const random = (below: number) => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0
		return Math.floor((state / 2 ** 32) * below)
	}
	return Array.from({ length: count }, () =>
		Object.fromEntries(
			Object.entries(fields).flatMap(([name, values]) => {
				const value = values[random(values.length)]
				return value === undefined ? [] : [[name, value]]
			}),
		),
	)
}

function outcome<Result>(read: () => Result): Result | string {
	try {
		return read()
	} catch (thrown) {
		return String(thrown)
	}
}

const user = { role: 'user', content: 'hi' }
const requests = combinations(
	{
		model: ['m', 'm', 'm', '', 5, undefined],
		messages: [
			[user],
			[{ role: 'system', content: '' }, user, { role: 'assistant', content: 'a' }, { role: 'developer', content: 'b' }],
			[{ role: 'user', content: [{ type: 'text', text: 'a' }] }],
			[{ role: 'assistant', content: null }],
			[{ role: 'tool', content: 'x', tool_call_id: 'c' }],
			[{ ...user, name: 'n' }],
			[{ role: 'user' }],
			[],
			'hi',
		],
		temperature: [undefined, undefined, 0, 2, 0.5, 2.1, -1, null, '1'],
		top_p: [undefined, undefined, 1, 0, 1.5, null],
		max_tokens: [undefined, undefined, 5, 0, -1, 1.5, null],
		max_completion_tokens: [undefined, undefined, 7, 0, null],
		stream: [undefined, undefined, true, false, null, 'yes'],
		stream_options: [
			undefined,
			undefined,
			{ include_usage: true },
			{ include_usage: false },
			{ include_usage: true, include_start_usage: true },
			{},
			null,
			{ other: 1 },
		],
		n: [undefined, undefined, undefined, undefined, 1],
		top_k: [undefined, undefined, undefined, undefined, 5],
	},
	100_000,
)

test('a plain request is read as the schema reads it, and other requests are left to the schema', () => {
	let plain = 0
	for (const body of requests) {
		const read = readPlainChatRequest(body)
		if (read === undefined) continue
		plain++
		expect([body, outcome(() => readAnyChatRequest(body))]).toEqual([body, read])
	}
	expect(plain).toBeGreaterThan(100)
})

const answers = combinations(
	{
		id: ['c'],
		object: ['chat.completion', undefined, 'error'],
		model: ['m', 'm-2026', undefined, ''],
		system_fingerprint: ['fp', null, undefined],
		error: [undefined, undefined, undefined, { message: 'x' }, null],
		choices: [
			...['stop', 'length', 'tool_calls', 'eos', null].flatMap((finish_reason) =>
				[
					{ role: 'assistant', content: 'a', refusal: null },
					{ role: 'assistant', content: '' },
					{ role: 'assistant', content: 'a\ud83d' },
					{ role: 'assistant', content: 'a', annotations: [], audio: null, tool_calls: [] },
					{ role: 'assistant', content: 'a', annotations: [{ type: 'url_citation' }] },
					{ role: 'assistant', content: 'a', own: 0 },
					{ role: 'assistant', content: null, refusal: 'no' },
					{ role: 'assistant', content: 'a', reasoning_content: 'r' },
					{ role: 'assistant', content: 'a', tool_calls: null },
					{ content: [{ type: 'text', text: 'a' }] },
				].map((message) => [{ index: 0, message, finish_reason, logprobs: null }]),
			),
			[],
			[{ message: { content: 'a' }, finish_reason: 'stop' }],
		],
		usage: [
			{ prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
			undefined,
			null,
			{ prompt_tokens: 1 },
			{ cost: 1 },
		],
	},
	100_000,
)

test('a plain answer is read as its events are, and other answers are left to the full reader', async () => {
	let plain = 0
	for (const body of answers) {
		const read = readPlainCompletion(body, 'm')
		if (read === undefined) continue
		plain++
		const reader = new ChatChunkReader({
			model: 'm',
			choices: 1,
			errors: { title: 'The upstream', trusted: false },
			namedTool: false,
			newCallId: () => 'call',
		})
		expect([body, await collect(iterate(readCompletion(body, reader))).catch(String)]).toEqual([body, read])
	}
	expect(plain).toBeGreaterThan(100)
})

async function* iterate(events: readonly ChatEvent[]): AsyncGenerator<ChatEvent> {
	yield* events
}
