// Writes a canonical request as a call of the provider specification. Fields that the specification does not support
// are passed to `drop`. A request is rejected if the answer would be wrong without the field.

import { requestFor } from '../../chat/destination.ts'
import { ChatError } from '../../chat/error.ts'
import { definedFields, type JsonObject } from '../../chat/json.ts'
import { type ChatRequest, limitedTopK, type ResponseFormat, type Sampling } from '../../chat/request.ts'
import {
	type Drop,
	dropReporter,
	passthroughFor,
	type RequestFates,
	refuseOtherAnswer,
	requireOneChoice,
} from '../../chat/request-fates.ts'
import { choosableTools, type Tool } from '../../chat/tool.ts'
import { reportDroppedContent } from './call-content-fates.ts'
import { type PromptForm, writePrompt } from './prompt-writer.ts'
import { aiSdkWire } from './signature.ts'
import type { CallSettings, ProviderOptions } from './specification.ts'

export interface CallForm extends PromptForm {
	/** Set on every call. */
	readonly providerOptions: ProviderOptions
	/** Name of the provider to pass unknown fields of the request to. Without it, they are dropped. */
	readonly passthrough: string | undefined
}

/** @throws ChatError `unsupported`, and for a conversation that the specification cannot represent. */
export function writeCall(
	given: ChatRequest,
	form: CallForm,
	drop: Drop,
): CallSettings & { readonly providerOptions?: ProviderOptions } {
	const request = requestFor({ wire: aiSdkWire, origin: form.origin }, given, drop)
	requireOneChoice(request)
	reportDropped(request, drop)
	reportDroppedContent(request, drop)
	return {
		prompt: writePrompt(request.messages, form, drop),
		maxOutputTokens: request.maxTokens,
		...writeSampling(request.sampling),
		stopSequences: request.stop.length === 0 ? undefined : request.stop,
		...writeResponseFormat(request.responseFormat),
		...writeTools(request),
		...writeReasoning(request, form, drop),
		...writeProviderOptions(request, form, drop),
	}
}

/** How the specification expresses each field of a request. */
export const callFates = {
	model: 'translated',
	messages: 'translated',
	logprobs: 'dropped',
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
	seed: 'written',
	maxTokens: 'written',
	stop: 'written',
	choices: 'refused',
	tools: 'translated',
	toolChoice: 'translated',
	responseFormat: 'written',
	reasoningTokens: 'dropped',
	reasoningEffort: 'translated',
	passthrough: 'written',
	passthroughWire: 'translated',
	image: 'written',
	audio: 'written',
	file: 'written',
	messageName: 'dropped',
	lateInstructions: 'written',
	failedTool: 'written',
	resultImage: 'written',
	reasoningText: 'written',
	jsonMode: 'written',
	reasoningOff: 'written',
} as const satisfies RequestFates

const reportDropped = dropReporter(callFates)

function writeSampling(sampling: Sampling): Partial<CallSettings> {
	const { temperature, topP, presencePenalty, frequencyPenalty, seed } = sampling
	return { temperature, topP, topK: limitedTopK(sampling), presencePenalty, frequencyPenalty, seed: writeSeed(seed) }
}

/** A number of the specification is exact up to 53 bits; equal seeds map to equal values. */
function writeSeed(seed: number | bigint | undefined): number | undefined {
	return typeof seed === 'bigint' ? Number(BigInt.asIntN(53, seed)) : seed
}

function writeResponseFormat(format: ResponseFormat): Partial<CallSettings> {
	switch (format.type) {
		case 'text':
			return {}
		case 'json-object':
			return { responseFormat: { type: 'json' } }
		case 'json-schema': {
			const { schema, name, description } = format
			return {
				responseFormat: {
					type: 'json',
					name,
					schema,
					description,
				},
			}
		}
	}
}

/** The specification has no list of allowed tools, so only the allowed tools are sent. */
function writeTools({ tools, toolChoice }: ChatRequest): Partial<CallSettings> {
	if (tools.length === 0) return {}
	const offered =
		toolChoice.type === 'auto' || toolChoice.type === 'required' ? choosableTools(tools, toolChoice) : tools
	return {
		tools: offered.map((tool) => writeTool(tool, tools.indexOf(tool))),
		toolChoice: toolChoice.type === 'named' ? { type: 'tool', toolName: toolChoice.name } : { type: toolChoice.type },
	}
}

function writeTool(tool: Tool, index: number): NonNullable<CallSettings['tools']>[number] {
	if (tool.type === 'custom')
		throw new ChatError('unsupported', 'This upstream does not support custom tools with free-form input.', {
			param: `tools[${index}]`,
		})
	const { name, description, parameters, strict } = tool
	return {
		type: 'function',
		name,
		description,
		inputSchema: parameters ?? { type: 'object', properties: {}, additionalProperties: false },
		strict: strict || undefined,
	}
}

function writeReasoning({ reasoningEffort }: ChatRequest, { version }: CallForm, drop: Drop): Partial<CallSettings> {
	if (reasoningEffort === undefined) return {}
	if (version === 'v4' && efforts.has(reasoningEffort)) return { reasoning: reasoningEffort }
	drop('reasoning_effort')
	return {}
}

const efforts: ReadonlySet<string> = new Set(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'])

function writeProviderOptions(
	request: ChatRequest,
	{ providerOptions, passthrough: name }: CallForm,
	drop: Drop,
): { readonly providerOptions?: ProviderOptions } {
	const passed = writePassthrough(request, name, drop)
	const names = [...new Set([...Object.keys(passed), ...Object.keys(providerOptions)])]
	if (names.length === 0) return {}
	return {
		providerOptions: Object.fromEntries(names.map((own) => [own, { ...passed[own], ...providerOptions[own] }])),
	}
}

function writePassthrough(request: ChatRequest, name: string | undefined, drop: Drop): ProviderOptions {
	refuseOtherAnswer(request.passthrough)
	if (name === undefined) {
		for (const field of Object.keys(request.passthrough)) drop(field)
		return {}
	}
	const fields = passthroughFor(request, undefined, drop)
	return Object.keys(fields).length > 0 ? { [name]: definedFields(plainNumbers(fields)) } : {}
}

/** Packages validate the type of their options. */
function plainNumbers(fields: JsonObject): JsonObject {
	return Object.fromEntries(
		Object.entries(fields).map(([name, value]) => [name, JSON.isRawJSON(value) ? Number(value.rawJSON) : value]),
	)
}
