// Checks the bounds that a dialect's body does not show: parts of messages by type, and the size of the answer that a
// call requests. It does not know dialects: it sees what they read.

import { ChatError } from '../chat/error.ts'
import type { Message, Part } from '../chat/message.ts'
import type { Call } from '../dialects/dialect.ts'
import type { RequestBounds } from '../http/request-bounds.ts'
import type { EmbeddingRequest } from '../operations/embeddings.ts'

/** @throws ChatError `invalid-request` that names the bound, its setting and the size. */
export function checkCall(call: Call, bounds: RequestBounds): void {
	switch (call.type) {
		case 'chat': {
			const { messages, choices, maxTokens, logprobs } = call.request
			checkParts(messages, bounds)
			checkAnswer({ choices, maxTokens, top: logprobs?.top }, bounds)
			break
		}
		case 'count':
			checkParts(call.request.messages, bounds)
			break
		case 'complete': {
			const { prompts, choices, maxTokens, logprobs } = call.request
			checkAnswer({ choices: prompts.length * choices, maxTokens, top: logprobs?.top }, bounds)
			break
		}
		case 'embed': {
			const { inputs, dimensions = assumedDimensions } = call.request
			const values = embeddingValues(call.request)
			if (values > bounds.embeddingValues)
				throw tooMany(
					'embeddingValues',
					bounds,
					`${inputs.length} inputs × ${dimensions} dimensions = ${values} values`,
				)
			break
		}
		case 'tokenize': {
			const { length } = call.request.text
			if (length > bounds.tokenizeCharacters)
				throw tooMany('tokenizeCharacters', bounds, `a text of ${length} characters`)
			break
		}
		default:
			break
	}
}

/** Numbers of all vectors together. */
export function embeddingValues({ inputs, dimensions = assumedDimensions }: EmbeddingRequest): number {
	return inputs.length * dimensions
}

/** If a request names no maximum: the usual length of a long answer, in tokens. */
const assumedTokens = 4096
/** The usual length of a vector. */
const assumedDimensions = 1024

interface RequestedAnswer {
	readonly choices: number
	readonly maxTokens: number | undefined
	/** Alternatives of each token. */
	readonly top: number | undefined
}

function checkAnswer({ choices, maxTokens = assumedTokens, top = 0 }: RequestedAnswer, bounds: RequestBounds): void {
	if (choices > bounds.choices) throw tooMany('choices', bounds, `${choices} choices`)
	// One answer without alternatives is as long as its model permits; clients request more than that as a maximum.
	if (choices === 1 && top === 0) return
	const values = choices * maxTokens * (1 + top)
	if (values <= bounds.answerValues) return
	const factors = `${choices} choices × ${maxTokens} tokens × (1 + ${top} log-probabilities)`
	throw tooMany('answerValues', bounds, `${factors} = ${values} values`)
}

const boundOfPart = { image: 'images', file: 'files', audio: 'audios' } as const

function checkParts(messages: readonly Message[], bounds: RequestBounds): void {
	const counts = { image: 0, file: 0, audio: 0 }
	for (const { content } of messages) for (const { type } of content) if (isCounted(type)) counts[type]++
	for (const type of ['image', 'file', 'audio'] as const) {
		const bound = boundOfPart[type]
		if (counts[type] > bounds[bound]) throw tooMany(bound, bounds, `${counts[type]} ${bound}`)
	}
}

function isCounted(type: Part['type']): type is keyof typeof boundOfPart {
	return Object.hasOwn(boundOfPart, type)
}

function tooMany(bound: keyof RequestBounds, bounds: RequestBounds, requested: string): ChatError {
	return new ChatError(
		'invalid-request',
		`The request is too large: ${requested}, but the maximum is ${bounds[bound]} (limits.${bound}).`,
		{ code: 'request_too_large', setting: `limits.${bound}` },
	)
}
