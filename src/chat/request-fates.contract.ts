// The contract suite of a request writer: it does with each field of a request what its table of fates states.

import { fatesContract, type RequestPair } from './fates.contract.ts'
import type { Message } from './message.ts'
import { plainRequest } from './request.testing.ts'
import type { ChatRequest } from './request.ts'
import type { ContentKind, Drop, RequestFates, RequestField } from './request-fates.ts'
import type { FunctionTool } from './tool.ts'

type TestedField = Exclude<RequestField, 'model' | 'messages' | 'passthrough' | 'passthroughWire'> | ContentKind

const tool: FunctionTool = { type: 'function', name: 'f', parameters: { type: 'object' }, strict: false }
const text = (text: string) => ({ type: 'text', text }) as const
const user: Message = { role: 'user', content: [text('hi')] }
const image = { type: 'image', url: 'data:image/png;base64,iVBORw0KGgo=' } as const
const requestOf = (...messages: readonly Message[]): ChatRequest => ({ ...plainRequest, messages })
const toolTurn = (result: Omit<Message & { role: 'tool' }, 'role' | 'callId'>): ChatRequest => ({
	...withTool,
	messages: [
		user,
		{ role: 'assistant', content: [{ type: 'tool-call', kind: 'function', id: 'c', name: 'f', arguments: '{}' }] },
		{ role: 'tool', callId: 'c', ...result },
	],
})
const withTool: ChatRequest = { ...plainRequest, tools: [tool], toolChoice: { type: 'auto' } }

/** For each field, two requests that differ in it only. A new field does not compile until it is here. */
const differences: Readonly<Record<TestedField, RequestPair>> = {
	temperature: [{ ...plainRequest, sampling: { temperature: 0.5 } }, plainRequest],
	topP: [{ ...plainRequest, sampling: { topP: 0.5 } }, plainRequest],
	topK: [{ ...plainRequest, sampling: { topK: 5 } }, plainRequest],
	minP: [{ ...plainRequest, sampling: { minP: 0.5 } }, plainRequest],
	frequencyPenalty: [{ ...plainRequest, sampling: { frequencyPenalty: 0.5 } }, plainRequest],
	presencePenalty: [{ ...plainRequest, sampling: { presencePenalty: 0.5 } }, plainRequest],
	repetitionPenalty: [{ ...plainRequest, sampling: { repetitionPenalty: 1.5 } }, plainRequest],
	logitBias: [{ ...plainRequest, sampling: { logitBias: new Map([[1, 5]]) } }, plainRequest],
	seed: [{ ...plainRequest, sampling: { seed: 5 } }, plainRequest],
	maxTokens: [{ ...plainRequest, maxTokens: 5 }, plainRequest],
	stop: [{ ...plainRequest, stop: ['.'] }, plainRequest],
	choices: [{ ...plainRequest, choices: 2 }, plainRequest],
	logprobs: [{ ...plainRequest, logprobs: { top: 2 } }, plainRequest],
	tools: [withTool, plainRequest],
	toolChoice: [{ ...withTool, toolChoice: { type: 'required' } }, withTool],
	parallelToolCalls: [{ ...withTool, parallelToolCalls: false }, withTool],
	responseFormat: [
		{ ...plainRequest, responseFormat: { type: 'json-schema', name: 'n', schema: { type: 'object' }, strict: false } },
		plainRequest,
	],
	reasoningEffort: [{ ...plainRequest, reasoningEffort: 'high' }, plainRequest],
	reasoningTokens: [{ ...plainRequest, reasoningTokens: 2000 }, plainRequest],
	user: [{ ...plainRequest, user: 'u' }, plainRequest],
	cacheMark: [
		{ ...plainRequest, messages: [{ role: 'user', content: [{ type: 'text', text: 'hi', cacheMark: '5m' }] }] },
		plainRequest,
	],
	image: [requestOf({ role: 'user', content: [text('hi'), image] }), plainRequest],
	audio: [
		requestOf({ role: 'user', content: [text('hi'), { type: 'audio', data: 'UklGRg==', format: 'wav' }] }),
		plainRequest,
	],
	file: [
		requestOf({ role: 'user', content: [text('hi'), { type: 'file', data: 'data:application/pdf;base64,JVBERi0=' }] }),
		plainRequest,
	],
	messageName: [requestOf({ role: 'user', content: [text('hi')], name: 'ann' }), plainRequest],
	lateInstructions: [
		requestOf(user, { role: 'system', content: [text('be brief')] }),
		requestOf(user, { role: 'system', content: [] }),
	],
	failedTool: [toolTurn({ content: [text('no')], isError: true }), toolTurn({ content: [text('no')] })],
	resultImage: [toolTurn({ content: [text('see'), image] }), toolTurn({ content: [text('see')] })],
	reasoningText: [
		requestOf(user, { role: 'assistant', content: [{ type: 'reasoning', text: 'hm' }, text('a')] }, user),
		requestOf(user, { role: 'assistant', content: [text('a')] }, user),
	],
	jsonMode: [{ ...plainRequest, responseFormat: { type: 'json-object' } }, plainRequest],
	reasoningOff: [{ ...plainRequest, reasoningEffort: 'none' }, plainRequest],
}

/** @param write writes a request, and calls `drop` for each part that it leaves out. */
export function requestFatesContract(
	name: string,
	fates: RequestFates,
	write: (request: ChatRequest, drop: Drop) => unknown,
): void {
	fatesContract(name, fates, differences, write)
}
