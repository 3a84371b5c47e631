// Legacy completions, client half against server half.

import { expect, test } from 'bun:test'
import { CompletionFold } from '../../chat/completion-fold.ts'
import type { ChatEvent } from '../../chat/event.ts'
import { brokenRule } from '../../chat/event-rules.testing.ts'
import type { TextCompletionRequest } from '../../operations/text-completions.ts'
import { defaultChatRequestForm } from './chat-request-form.ts'
import { readCompletion } from './completion-reader.ts'
import { TextCompletionChunkReader } from './text-completion-chunk-reader.ts'
import { readTextCompletionRequest } from './text-completion-request-reader.ts'
import { writeTextCompletionRequest } from './text-completion-request-writer.ts'
import { TextCompletionChunkWriter, writeTextCompletion } from './text-completion-writer.ts'

const open = (choices = 1) =>
	new TextCompletionChunkReader({
		model: 'm',
		choices,
		errors: { title: 'The upstream', trusted: false },
	})

const token = (token: string, logprob: number) => ({
	token,
	logprob,
	bytes: null,
	top: [{ token, logprob, bytes: null }],
})
const answer: readonly ChatEvent[] = [
	{ type: 'start', model: 'm-1', fingerprint: 'fp_1' },
	{ type: 'part-start', choice: 0, part: { type: 'text' } },
	{ type: 'part-delta', choice: 0, part: 'text', text: 'one', logprobs: [token('one', -0.5)] },
	{ type: 'part-start', choice: 1, part: { type: 'text' } },
	{ type: 'part-delta', choice: 1, part: 'text', text: 'two', logprobs: [token('two', -1)] },
	{ type: 'part-end', choice: 1 },
	{ type: 'choice-finish', choice: 1, reason: 'content-filter' },
	{ type: 'part-end', choice: 0 },
	{ type: 'choice-finish', choice: 0, reason: 'length' },
	{
		type: 'finish',
		usage: { promptTokens: 1, completionTokens: 2, cachedTokens: 0, reasoningTokens: 0, source: 'upstream' },
	},
]

test('the reader reads back the stream of our writer', () => {
	const writer = new TextCompletionChunkWriter({ id: 'cmpl-1', created: 1, model: 'm' }, true)
	// The writer has no chunk for `start`: every chunk has model and fingerprint.
	const chunks = answer
		.map((event) => writer.write(event))
		.join('')
		.split('\n\n')
		.map((one) => one.slice('data: '.length))
		.filter((data) => data !== '' && data !== '[DONE]')
	const reader = open(2)
	const events = [...chunks.flatMap((data) => reader.read(JSON.parse(data))), ...reader.end(true)]
	expect(brokenRule(events, 2)).toBeUndefined()
	expect(events).toEqual([...answer])
})

test('a unary answer whose first token of an echoed prompt has no probability', () => {
	const logprobs = {
		tokens: ['a', 'b'],
		token_logprobs: [null, -1],
		top_logprobs: [null, { b: -1 }],
		text_offset: [0, 1],
	}
	const body = {
		object: 'text_completion',
		model: 'm',
		choices: [{ index: 0, text: 'ab', logprobs, finish_reason: 'stop' }],
		usage: { prompt_tokens: 1, completion_tokens: 1 },
	}
	expect(readCompletion(body, open())[2]).toEqual({
		type: 'part-delta',
		choice: 0,
		part: 'text',
		text: 'ab',
		logprobs: [{ token: 'a', logprob: null, bytes: null, top: [] }, token('b', -1)],
	})
})

test('clients receive unknown probabilities as null', () => {
	const logprobs = {
		tokens: ['a', 'b'],
		token_logprobs: [null, -1],
		top_logprobs: [null, { b: -1, c: null }],
		text_offset: [0, 1],
	}
	const body = { choices: [{ index: 0, text: 'ab', logprobs, finish_reason: 'stop' }] }
	const events = readCompletion(body, open())
	const fold = new CompletionFold()
	for (const event of events) fold.add(event)
	const identity = { id: 'cmpl-1', created: 1, model: 'm' }
	expect(writeTextCompletion(fold.completion(), identity).choices).toMatchObject([{ text: 'ab', logprobs }])
	const writer = new TextCompletionChunkWriter(identity, false)
	const [chunk = ''] = events
		.map((event) => writer.write(event))
		.join('')
		.split('\n\n')
	expect(JSON.parse(chunk.slice('data: '.length)).choices).toMatchObject([{ text: 'ab', logprobs }])
})

test('an open choice without [DONE] is an interruption', () => {
	const reader = open()
	reader.read({ choices: [{ index: 0, text: 'a', finish_reason: null }] })
	expect(reader.end(false)).toMatchObject([{ type: 'error', error: { kind: 'upstream-failed', sent: 'yes' } }])
})

const request: TextCompletionRequest = {
	model: 'm',
	prompts: ['a', 'b'],
	maxTokens: 0,
	sampling: { temperature: 0.5, seed: 1 },
	stop: ['x'],
	choices: 2,
	echo: true,
	logprobs: { top: 0 },
	suffix: 'end',
	user: 'u',
	passthrough: { truncate_prompt_tokens: 5 },
}

test('requests come back as they were written', () => {
	for (const one of [request, { ...request, prompts: [[1, 2], [3]] }]) {
		expect(
			readTextCompletionRequest(
				JSON.parse(JSON.stringify(writeTextCompletionRequest(one, 'm', defaultChatRequestForm, true))),
			).request,
		).toEqual(one)
	}
})

test('texts and token ids cannot be mixed', () => {
	expect(() =>
		writeTextCompletionRequest({ ...request, prompts: ['a', [1]] }, 'm', defaultChatRequestForm, true),
	).toThrow("cannot be mixed in 'prompt'")
})
