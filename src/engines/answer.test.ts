import { describe, expect, test } from 'bun:test'
import { eventsOfPart } from '../chat/completion-events.ts'
import { ChatError } from '../chat/error.ts'
import type { ChatEvent } from '../chat/event.ts'
import { plainRequest } from '../chat/request.testing.ts'
import type { ChatRequest } from '../chat/request.ts'
import { systemClock } from '../system/clock.ts'
import { rejection } from '../system/rejection.testing.ts'
import { eventsOf } from './answer.testing.ts'
import { answerFrom, batchesOf, type EngineAnswer } from './answer.ts'
import { openOpenAICompatible } from './openai-compatible/openai-compatible.ts'

const usage = { promptTokens: 1, completionTokens: 1, cachedTokens: 0, reasoningTokens: 0, source: 'upstream' } as const
const complete: readonly ChatEvent[] = [
	{ type: 'start' },
	...eventsOfPart({ type: 'text', text: 'Hi' }, 0),
	{ type: 'choice-finish', choice: 0, reason: 'stop' },
	{ type: 'finish', usage },
]

async function* generate(events: readonly ChatEvent[], ended: () => void = () => undefined) {
	try {
		yield* events
	} finally {
		ended()
	}
}

describe('an answer from generated events', () => {
	test('has each event in a batch of its own', async () => {
		const { batches } = await answerFrom(generate(complete))
		for (const event of complete) expect(await batches.next()).toEqual([{ events: [event] }])
		expect(await batches.next()).toBeUndefined()
	})

	test('throws the error of its first event, and ends the events', async () => {
		const error = new ChatError('overloaded', 'no')
		let ended = false
		const events = generate([{ type: 'error', error }], () => {
			ended = true
		})
		expect(await rejection(answerFrom(events))).toBe(error)
		expect(ended).toBe(true)
	})

	test('ends the events when it is cancelled, before its first event was read, too', async () => {
		let ended = 0
		const { batches } = await answerFrom(generate(complete, () => ended++))
		await batches.cancel()
		await batches.cancel()
		expect([ended, await batches.next()]).toEqual([1, undefined])
	})
})

test('the events of a unary answer are one batch', async () => {
	const choice = { parts: [{ type: 'text', text: 'Hi' }], finishReason: 'stop' } as const
	const batches = batchesOf({ type: 'unary', completion: { choices: [choice], usage } })
	expect((await batches.next())?.flatMap(({ events }) => events)).toEqual([...complete])
	expect(await batches.next()).toBeUndefined()
})

describe('a JSON response of an upstream', () => {
	const request: ChatRequest = {
		...plainRequest,
		messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
	}
	const tool = { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } }
	const body = (message: object, finish: string | null) => ({
		id: 'chatcmpl-1',
		object: 'chat.completion',
		created: 1,
		model: 'm',
		choices: [{ index: 0, message: { role: 'assistant', content: 'half', ...message }, finish_reason: finish }],
		usage: { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 },
	})

	async function answerOf<Result>(
		answer: object,
		unary: boolean,
		use: (answer: EngineAnswer) => Promise<Result> | Result,
	) {
		using server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => Response.json(answer) })
		const engine = openOpenAICompatible({ url: `http://127.0.0.1:${server.port}/v1`, clock: systemClock })
		try {
			const call = { signal: new AbortController().signal, model: 'm', requestId: 'req_1', unary }
			return await use(await engine.chat(request, call))
		} finally {
			await engine.close()
		}
	}

	test.each([
		['of the common form', body({}, 'stop')],
		['of another form', body({ tool_calls: [tool] }, 'tool_calls')],
	])('%s is a unary answer with its text, if the call is unary', async (_, answer) => {
		const unary = await answerOf(answer, true, (answered) => answered)
		expect(unary).toMatchObject({ type: 'unary', source: { text: JSON.stringify(answer) } })
		if (unary.type === 'unary') expect(unary.completion.choices[0]?.parts[0]).toEqual({ type: 'text', text: 'half' })
	})

	test('is a stream, if the call is not unary', async () => {
		const events = await answerOf(body({}, 'stop'), false, (answer) =>
			answer.type === 'stream' ? Array.fromAsync(eventsOf(answer)) : [],
		)
		expect(events.map(({ type }) => type)).toEqual([
			'start',
			'part-start',
			'part-delta',
			'part-end',
			'choice-finish',
			'finish',
		])
	})

	test('that is incomplete is a stream, so that what it contains is billed', async () => {
		const nameless = { ...tool, function: { arguments: '{}' } }
		const events = await answerOf(body({ tool_calls: [nameless] }, 'tool_calls'), true, (answer) =>
			answer.type === 'stream' ? Array.fromAsync(eventsOf(answer)) : [],
		)
		expect(events.find((event) => event.type === 'part-delta')).toMatchObject({ part: 'text', text: 'half' })
		expect(events.at(-1)?.type).toBe('error')
	})
})
