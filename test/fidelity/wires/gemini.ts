// Gemini's generateContent.

import { at, listAt } from '../../dialect-clients/dialect-client.ts'
import { type AnswerFeature, marks } from '../features.ts'
import { errorStatus, events, holds, type Reply, type Wire } from './wire.ts'

const statusWords: Readonly<Record<number, string>> = {
	400: 'INVALID_ARGUMENT',
	401: 'UNAUTHENTICATED',
	429: 'RESOURCE_EXHAUSTED',
	500: 'INTERNAL',
	529: 'UNAVAILABLE',
}

const reasons: Partial<Record<AnswerFeature, string>> = { length: 'MAX_TOKENS', filtered: 'SAFETY' }

function partsOf(feature: AnswerFeature): readonly object[] {
	const text = { text: marks.text }
	switch (feature) {
		case 'reasoning':
			return [{ text: marks.reasoning, thought: true }, text]
		case 'calls':
		case 'callsStreamed':
			return ['Paris', 'Rome'].map((place) => ({ functionCall: { name: 'look', args: { place } } }))
		default:
			return [text]
	}
}

function answer(feature: AnswerFeature, stream: boolean): Reply {
	const status = errorStatus(feature)
	if (status !== undefined)
		return {
			status,
			...(status === 429 ? { headers: { 'retry-after': '7' } } : {}),
			body: { error: { code: status, message: 'It went wrong.', status: statusWords[status] } },
		}
	const usageMetadata = {
		promptTokenCount: 31,
		cachedContentTokenCount: 20,
		candidatesTokenCount: 7,
		totalTokenCount: 38,
	}
	const content = { role: 'model', parts: partsOf(feature) }
	const finishReason = reasons[feature] ?? 'STOP'
	if (!stream) return { status: 200, body: { candidates: [{ index: 0, content, finishReason }], usageMetadata } }
	const write = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`
	const started = { candidates: [{ index: 0, content }], usageMetadata }
	if (feature === 'errorMidStream')
		return events([started, { error: { code: 500, message: 'It went wrong.', status: 'INTERNAL' } }], write)
	const last = { candidates: [{ index: 0, content: { role: 'model', parts: [] }, finishReason }], usageMetadata }
	return events([started, last], write)
}

function config(body: unknown, name: string): unknown {
	return at(body, 'generationConfig', name)
}

function calling(body: unknown): unknown {
	return at(body, 'toolConfig', 'functionCallingConfig')
}

export const gemini: Wire = {
	name: 'gemini',
	family: 'gemini',
	configure: (url) => `engine: gemini, url: '${url}'`,
	sees: {
		system: (body) => holds(at(body, 'systemInstruction'), marks.system),
		developer: (body) => holds(at(body, 'systemInstruction'), marks.system),
		laterSystem: (body) => holds(body, marks.system),
		image: (body) => holds(body, 'inlineData') && holds(body, marks.image),
		imageUrl: (body) => holds(body, 'fileData') && holds(body, marks.imageUrl),
		audio: (body) => holds(body, marks.audio),
		file: (body) => holds(body, marks.file),
		tools: (body) => at(body, 'tools', 0, 'functionDeclarations', 0, 'name') === 'look',
		toolChoice: (body) => at(calling(body), 'allowedFunctionNames', 0) === 'look',
		toolChoiceRequired: (body) => at(calling(body), 'mode') === 'ANY',
		parallelOff: () => false,
		toolResult: (body) => holds(body, 'functionResponse') && holds(body, marks.result),
		toolFailure: (body) => holds(body, 'functionResponse') && holds(body, 'error') && holds(body, marks.failure),
		toolImage: (body) => holds(body, marks.image),
		jsonSchema: (body) => config(body, 'responseJsonSchema') !== undefined,
		jsonObject: (body) => config(body, 'responseMimeType') === 'application/json',
		maxTokens: (body) => config(body, 'maxOutputTokens') === 77,
		stop: (body) => listAt(config(body, 'stopSequences')).includes(marks.stop),
		temperature: (body) => config(body, 'temperature') === 0.5,
		topP: (body) => config(body, 'topP') === 0.9,
		topK: (body) => config(body, 'topK') === 7,
		frequencyPenalty: (body) => config(body, 'frequencyPenalty') === 0.5,
		logitBias: () => false,
		seed: (body) => config(body, 'seed') === 42,
		logprobs: (body) => config(body, 'responseLogprobs') === true,
		choices: (body) => config(body, 'candidateCount') === 2,
		effort: (body) => config(body, 'thinkingConfig') !== undefined,
		thinkingOff: (body) =>
			at(config(body, 'thinkingConfig'), 'thinkingBudget') === 0 ||
			at(config(body, 'thinkingConfig'), 'thinkingLevel') === 'MINIMAL',
		budget: (body) => at(config(body, 'thinkingConfig'), 'thinkingBudget') === 2000,
		user: () => false,
		cacheMark: () => false,
		ownField: () => false,
	},
	answer,
}
