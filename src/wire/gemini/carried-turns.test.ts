// Answers that clients of other wires receive and return: what those wires can express goes back to Gemini in its
// position, with its signatures.

import { expect, test } from 'bun:test'
import { collect } from '../../chat/collect.testing.ts'
import type { JsonObject } from '../../chat/json.ts'
import type { ChatRequest } from '../../chat/request.ts'
import { writeMessage } from '../anthropic/message-answer-writer.ts'
import { readMessageRequest } from '../anthropic/message-request-reader.ts'
import { readChatRequest } from '../openai/chat-request-reader.ts'
import { writeCompletion } from '../openai/completion-writer.ts'
import { GeminiAnswerReader, readGeminiAnswer } from './answer-reader.ts'
import { formOf } from './form.ts'
import { writeGenerationRequest } from './generation-request-writer.ts'

const origin = 'host gemini-3-pro'

function completionOf(parts: readonly JsonObject[]) {
	const reader = new GeminiAnswerReader({
		model: 'm',
		choices: 1,
		errors: { title: 'The upstream', trusted: false },
		namedTool: false,
		oneCall: false,
		newCallId: () => 'call_new',
		origin,
	})
	const events = readGeminiAnswer({ candidates: [{ content: { parts }, finishReason: 'STOP' }] }, reader)
	return collect(
		(async function* () {
			yield* events
		})(),
	)
}

/** The parts of the assistant's turn as they are sent. */
function sent(request: ChatRequest): readonly JsonObject[] {
	const body = writeGenerationRequest(request, formOf('gemini-3-pro', 'gemini'), () => undefined, origin)
	return JSON.parse(JSON.stringify(body)).contents[1].parts
}

const call = (id: string, thoughtSignature?: string) => ({
	functionCall: { id, name: 'look', args: { city: 'Paris' } },
	...(thoughtSignature === undefined ? {} : { thoughtSignature }),
})

const answers: Readonly<Record<string, readonly JsonObject[]>> = {
	'a signed call': [call('a', 's1'), call('b')],
	'thoughts, text and calls': [
		{ text: 'Hm.', thought: true },
		{ text: 'Let me look.' },
		call('a', 's1'),
		{ text: 'And:' },
		call('b', 's2'),
	],
	'signed texts': [
		{ text: 'Hm.', thought: true, thoughtSignature: 's0' },
		{ text: 'First.', thoughtSignature: 's1' },
		{ text: 'Second.', thoughtSignature: 's2' },
		call('a', 's3'),
	],
	'an empty signed text after a call': [call('a', 's1'), { text: '', thoughtSignature: 's2' }],
}

for (const [name, parts] of Object.entries(answers)) {
	test(`Anthropic's clients return ${name}`, async () => {
		const shape = { hidesThinking: false, tagsSignatures: false }
		const { content } = writeMessage(await completionOf(parts), { id: 'msg_1', model: 'm' }, shape)
		const results = parts.flatMap(({ functionCall }) => {
			const { id } = Object(functionCall)
			return id === undefined ? [] : [{ type: 'tool_result', tool_use_id: id, content: 'ok' }]
		})
		const messages = [
			{ role: 'user', content: 'hi' },
			{ role: 'assistant', content: JSON.parse(JSON.stringify(content)) },
			{ role: 'user', content: results },
		]
		const { request } = readMessageRequest({ model: 'm', max_tokens: 10, messages }, null)
		expect(sent(request)).toEqual(parts)
	})

	test(`OpenAI's clients return the signatures of the calls of ${name}`, async () => {
		const identity = { id: 'chatcmpl_1', created: 0, model: 'm' }
		const written = Object(writeCompletion(await completionOf(parts), identity, { legacyFunctions: false }))
		const { message } = JSON.parse(JSON.stringify(written)).choices[0]
		const results = message.tool_calls.map(({ id }: { readonly id: string }) => ({
			role: 'tool',
			tool_call_id: id,
			content: 'ok',
		}))
		const messages = [{ role: 'user', content: 'hi' }, message, ...results]
		const { request } = readChatRequest({ model: 'm', messages })
		const isCall = ({ functionCall }: JsonObject) => functionCall !== undefined
		expect(sent(request).filter(isCall)).toEqual(parts.filter(isCall))
	})
}
