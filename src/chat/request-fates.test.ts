import { expect, test } from 'bun:test'
import { plainRequest as plain } from './request.testing.ts'
import type { ChatRequest } from './request.ts'
import { dropReporter, dropUnused, passthroughFor, type RequestFates } from './request-fates.ts'

const dropsAll: RequestFates = {
	user: 'dropped',
	cacheMark: 'dropped',
	temperature: 'dropped',
	topP: 'dropped',
	topK: 'dropped',
	minP: 'dropped',
	frequencyPenalty: 'dropped',
	presencePenalty: 'dropped',
	repetitionPenalty: 'dropped',
	logitBias: 'dropped',
	seed: 'dropped',
	maxTokens: 'dropped',
	stop: 'dropped',
	choices: 'dropped',
	logprobs: 'dropped',
	tools: 'dropped',
	toolChoice: 'dropped',
	parallelToolCalls: 'dropped',
	responseFormat: 'dropped',
	reasoningEffort: 'dropped',
	reasoningTokens: 'dropped',
	messageName: 'dropped',
	image: 'written',
	audio: 'written',
	file: 'written',
	lateInstructions: 'written',
	failedTool: 'written',
	resultImage: 'written',
	reasoningText: 'written',
	jsonMode: 'written',
	reasoningOff: 'written',
	model: 'written',
	messages: 'written',
	passthrough: 'written',
	passthroughWire: 'translated',
}

function reported(fates: RequestFates, request: ChatRequest): readonly string[] {
	const parts: string[] = []
	dropReporter(fates)(request, (part) => parts.push(part))
	return parts
}

const full: ChatRequest = {
	...plain,
	messages: [{ role: 'user', name: 'ann', content: [{ type: 'text', text: 'hi', cacheMark: '5m' }] }],
	sampling: {
		temperature: 0,
		topP: 1,
		topK: 1,
		minP: 0,
		frequencyPenalty: 1,
		presencePenalty: 1,
		repetitionPenalty: 2,
		logitBias: new Map([[1, 1]]),
		seed: 0,
	},
	maxTokens: 1,
	stop: ['.'],
	choices: 2,
	logprobs: { top: 0 },
	tools: [{ type: 'function', name: 'f', strict: false }],
	toolChoice: { type: 'required' },
	parallelToolCalls: false,
	responseFormat: { type: 'json-object' },
	reasoningEffort: 'low',
	reasoningTokens: 1,
	user: 'u',
}

test('fields without a value are not reported', () => expect(reported(dropsAll, plain)).toEqual([]))

test('values without an effect are not reported', () => {
	const sampling = {
		topK: 0,
		frequencyPenalty: 0,
		presencePenalty: 0,
		repetitionPenalty: 1,
		logitBias: new Map<number, number>(),
	}
	expect(reported(dropsAll, { ...plain, sampling, parallelToolCalls: false, reasoningTokens: 0 })).toEqual([])
})

test("every dropped field is reported under OpenAI's name, in the order of the table", () => {
	expect(reported(dropsAll, full).join(' ')).toBe(
		'user cache_control temperature top_p top_k min_p frequency_penalty presence_penalty repetition_penalty logit_bias seed max_tokens ' +
			'stop n logprobs tools tool_choice parallel_tool_calls response_format reasoning_effort reasoning_tokens messages.name',
	)
})

test('only dropped fields are reported', () => {
	expect(reported({ ...dropsAll, user: 'written', seed: 'unused', tools: 'refused' }, full)).not.toContain('user')
})

test('extra fields go to the wire that they belong to, and are reported elsewhere', () => {
	const dropped: string[] = []
	const request = { ...plain, passthrough: { a: 1, b: 2 }, passthroughWire: 'x' }
	expect(passthroughFor(request, 'x', (part) => dropped.push(part))).toEqual({ a: 1, b: 2 })
	expect(dropped).toEqual([])
	expect(passthroughFor(request, undefined, (part) => dropped.push(part))).toEqual({})
	expect(dropped).toEqual(['a', 'b'])
})

test('an engine without a wire reports the extra fields that could change an answer, and refuses to answer in audio', () => {
	const report = (passthrough: ChatRequest['passthrough'], passthroughWire?: string) => {
		const parts: string[] = []
		dropUnused({ passthrough, passthroughWire }, new Set(['used']), (part) => parts.push(part))
		return parts
	}
	const fields = { used: 1, store: true, service_tier: 'flex', modalities: ['text'], verbosity: 'low', prediction: {} }
	expect(report(fields)).toEqual(['verbosity', 'prediction'])
	expect(report({ used: 1 }, 'anthropic')).toEqual(['used'])
	for (const refused of [
		() => report({ modalities: ['text', 'audio'] }),
		() => passthroughFor({ ...plain, passthrough: { modalities: ['audio'] } }, 'anthropic', () => {}),
	])
		expect(refused).toThrow('it cannot answer with audio')
})
