// Writes a canonical request as the body of `generateContent` and `streamGenerateContent`. Default values are omitted.
// A feature that the wire lacks is reported to `drop`; if dropping it would make the response wrong, the request is
// rejected.

import { requestFor } from '../../chat/destination.ts'
import { ChatError } from '../../chat/error.ts'
import { definedFields, isObject, type JsonObject } from '../../chat/json.ts'
import { exactMembers } from '../../chat/json-text.ts'
import { type ChatRequest, limitedTopK, type ResponseFormat, type Sampling } from '../../chat/request.ts'
import { type Drop, dropReporter, passthroughFor, type RequestFates } from '../../chat/request-fates.ts'
import { writeContents } from './contents-writer.ts'
import type { GeminiForm } from './form.ts'
import { geminiWire } from './formats.ts'
import { reportDroppedContent } from './generation-content-fates.ts'
import { writeThinking } from './thinking-writer.ts'
import { writeTools } from './tools-writer.ts'

/**
 * @param origin the service and model, as in `Signature.origin`.
 * @throws ChatError `unsupported`
 */
export function writeGenerationRequest(
	given: ChatRequest,
	form: GeminiForm,
	drop: Drop,
	origin?: string | undefined,
): JsonObject {
	const request = requestFor({ wire: geminiWire, origin }, given, drop)
	const { generationConfig, ...own } = passthroughFor(request, geminiWire, drop)
	reportDropped(request, drop)
	reportDroppedContent(request, drop)
	const config = {
		...(isObject(generationConfig) ? generationConfig : {}),
		// Without undefined fields, which would override those of the client.
		...definedFields({
			...writeSampling(request.sampling),
			maxOutputTokens: request.maxTokens,
			stopSequences: request.stop.length === 0 ? undefined : request.stop,
			candidateCount: writeChoices(request.choices),
			...writeLogprobs(request.logprobs),
			...writeResponseFormat(request.responseFormat),
			...writeThinking(request, form, drop),
		}),
	}
	return {
		...own,
		...writeContents(request.messages, form),
		...writeTools(request, form, drop),
		generationConfig: Object.keys(config).length === 0 ? undefined : config,
	}
}

/** How this wire expresses each field of a request. */
export const generationRequestFates = {
	model: 'translated',
	messages: 'translated',
	user: 'dropped',
	parallelToolCalls: 'dropped',
	cacheMark: 'dropped',
	temperature: 'written',
	topP: 'written',
	topK: 'written',
	minP: 'dropped',
	frequencyPenalty: 'written',
	presencePenalty: 'written',
	repetitionPenalty: 'dropped',
	logitBias: 'dropped',
	seed: 'translated',
	maxTokens: 'written',
	stop: 'written',
	choices: 'written',
	logprobs: 'written',
	tools: 'translated',
	toolChoice: 'written',
	responseFormat: 'written',
	reasoningEffort: 'translated',
	reasoningTokens: 'translated',
	passthrough: 'written',
	passthroughWire: 'translated',
	image: 'written',
	audio: 'written',
	file: 'written',
	messageName: 'dropped',
	lateInstructions: 'translated',
	failedTool: 'translated',
	resultImage: 'translated',
	reasoningText: 'written',
	jsonMode: 'written',
	reasoningOff: 'translated',
} as const satisfies RequestFates

const reportDropped = dropReporter(generationRequestFates)

function writeSampling(sampling: Sampling): JsonObject {
	const { temperature, topP, presencePenalty, frequencyPenalty, seed } = sampling
	const topK = limitedTopK(sampling)
	return {
		temperature,
		topP,
		topK,
		presencePenalty,
		frequencyPenalty,
		seed: seed === undefined ? undefined : writeSeed(seed),
	}
}

/** Seeds of this wire have 32 bits; equal seeds map to equal values. */
function writeSeed(seed: number | bigint): number {
	return Number(BigInt.asIntN(32, BigInt(seed)))
}

const mostChoices = 8

/** Undefined for one choice, the default. */
function writeChoices(choices: number): number | undefined {
	if (choices > mostChoices)
		throw new ChatError(
			'unsupported',
			`This upstream supports at most ${mostChoices} choices per request, not ${choices}.`,
			{
				param: 'n',
			},
		)
	return choices === 1 ? undefined : choices
}

function writeLogprobs(logprobs: ChatRequest['logprobs']): JsonObject {
	if (logprobs === undefined) return {}
	return { responseLogprobs: true, logprobs: logprobs.top === 0 ? undefined : logprobs.top }
}

function writeResponseFormat(format: ResponseFormat): JsonObject {
	switch (format.type) {
		case 'text':
			return {}
		case 'json-object':
			return { responseMimeType: 'application/json' }
		case 'json-schema': {
			const { schema, description } = format
			if (schema === undefined) return { responseMimeType: 'application/json' }
			return {
				responseMimeType: 'application/json',
				responseJsonSchema: description === undefined ? schema : { description, ...exactMembers(schema) },
			}
		}
	}
}
