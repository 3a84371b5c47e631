// The contract suite of a request writer: it does with each field what its table of fates states. A table alone proves
// nothing, since a field can be `written` in the table and absent from the code.

import { describe, expect, test } from 'bun:test'
import { ChatError } from './error.ts'
import type { Message } from './message.ts'
import type { ChatRequest } from './request.ts'
import type { ContentKind, Drop, RequestFates, RequestField } from './request-fates.ts'
import type { FunctionTool } from './tool.ts'

type TestedField = Exclude<RequestField, 'model' | 'messages' | 'passthrough' | 'passthroughWire'> | ContentKind

const plain: ChatRequest = {
	model: 'm',
	messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
	sampling: {},
	stop: [],
	choices: 1,
	tools: [],
	toolChoice: { type: 'none' },
	parallelToolCalls: true,
	responseFormat: { type: 'text' },
	passthrough: {},
}
const tool: FunctionTool = { type: 'function', name: 'f', parameters: { type: 'object' }, strict: false }
const text = (text: string) => ({ type: 'text', text }) as const
const user: Message = { role: 'user', content: [text('hi')] }
const image = { type: 'image', url: 'data:image/png;base64,iVBORw0KGgo=' } as const
const asking = (...messages: readonly Message[]): ChatRequest => ({ ...plain, messages })
const toolTurn = (result: Omit<Message & { role: 'tool' }, 'role' | 'callId'>): ChatRequest => ({
	...withTool,
	messages: [
		user,
		{ role: 'assistant', content: [{ type: 'tool-call', kind: 'function', id: 'c', name: 'f', arguments: '{}' }] },
		{ role: 'tool', callId: 'c', ...result },
	],
})
const withTool: ChatRequest = { ...plain, tools: [tool], toolChoice: { type: 'auto' } }

/** For each field, two requests that differ in it only. A new field does not compile until it is here. */
const differences: Readonly<Record<TestedField, readonly [request: ChatRequest, without: ChatRequest]>> = {
	temperature: [{ ...plain, sampling: { temperature: 0.5 } }, plain],
	topP: [{ ...plain, sampling: { topP: 0.5 } }, plain],
	topK: [{ ...plain, sampling: { topK: 5 } }, plain],
	minP: [{ ...plain, sampling: { minP: 0.5 } }, plain],
	frequencyPenalty: [{ ...plain, sampling: { frequencyPenalty: 0.5 } }, plain],
	presencePenalty: [{ ...plain, sampling: { presencePenalty: 0.5 } }, plain],
	repetitionPenalty: [{ ...plain, sampling: { repetitionPenalty: 1.5 } }, plain],
	logitBias: [{ ...plain, sampling: { logitBias: new Map([[1, 5]]) } }, plain],
	seed: [{ ...plain, sampling: { seed: 5 } }, plain],
	maxTokens: [{ ...plain, maxTokens: 5 }, plain],
	stop: [{ ...plain, stop: ['.'] }, plain],
	choices: [{ ...plain, choices: 2 }, plain],
	logprobs: [{ ...plain, logprobs: { top: 2 } }, plain],
	tools: [withTool, plain],
	toolChoice: [{ ...withTool, toolChoice: { type: 'required' } }, withTool],
	parallelToolCalls: [{ ...withTool, parallelToolCalls: false }, withTool],
	responseFormat: [
		{ ...plain, responseFormat: { type: 'json-schema', name: 'n', schema: { type: 'object' }, strict: false } },
		plain,
	],
	reasoningEffort: [{ ...plain, reasoningEffort: 'high' }, plain],
	reasoningTokens: [{ ...plain, reasoningTokens: 2000 }, plain],
	user: [{ ...plain, user: 'u' }, plain],
	cacheMark: [
		{ ...plain, messages: [{ role: 'user', content: [{ type: 'text', text: 'hi', cacheMark: '5m' }] }] },
		plain,
	],
	image: [asking({ role: 'user', content: [text('hi'), image] }), plain],
	audio: [asking({ role: 'user', content: [text('hi'), { type: 'audio', data: 'UklGRg==', format: 'wav' }] }), plain],
	file: [
		asking({ role: 'user', content: [text('hi'), { type: 'file', data: 'data:application/pdf;base64,JVBERi0=' }] }),
		plain,
	],
	messageName: [asking({ role: 'user', content: [text('hi')], name: 'ann' }), plain],
	lateInstructions: [
		asking(user, { role: 'system', content: [text('be brief')] }),
		asking(user, { role: 'system', content: [] }),
	],
	failedTool: [toolTurn({ content: [text('no')], isError: true }), toolTurn({ content: [text('no')] })],
	resultImage: [toolTurn({ content: [text('see'), image] }), toolTurn({ content: [text('see')] })],
	reasoningText: [
		asking(user, { role: 'assistant', content: [{ type: 'reasoning', text: 'hm' }, text('a')] }, user),
		asking(user, { role: 'assistant', content: [text('a')] }, user),
	],
	jsonMode: [{ ...plain, responseFormat: { type: 'json-object' } }, plain],
	reasoningOff: [{ ...plain, reasoningEffort: 'none' }, plain],
}

/** @param write writes a request, and calls `drop` for each part that it leaves out. */
export function requestFatesContract(
	name: string,
	fates: RequestFates,
	write: (request: ChatRequest, drop: Drop) => unknown,
): void {
	const run = (request: ChatRequest) => {
		const dropped: string[] = []
		return { body: write(request, (part) => dropped.push(part)), dropped }
	}
	describe(`fates of ${name}`, () => {
		for (const [field, [request, without]] of Object.entries(differences)) {
			const fate = new Map<string, string>(Object.entries(fates)).get(field)
			test(`${field} is ${fate}`, () => {
				if (fate === 'refused') return expect(() => run(request)).toThrow(ChatError)
				const [found, other] = [run(request), run(without)]
				const isCarried = !Bun.deepEquals(found.body, other.body)
				const isReported = found.dropped.length > other.dropped.length
				if (fate === 'dropped' || fate === 'unused')
					expect({ isCarried, isReported }).toEqual({ isCarried: false, isReported: fate === 'dropped' })
				else expect({ isCarried }).toEqual({ isCarried: true })
			})
		}
	})
}
