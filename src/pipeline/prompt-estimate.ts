// Estimates the tokens of a prompt without a vocabulary, for calls that may be interrupted.

import type { ModelCall } from '../dialects/call.ts'
import { estimateMessages, estimateTexts } from '../tokens/tokens.ts'

/** An estimate of the prompt's tokens. It costs little, because every call is estimated at its admission. */
export function estimatePrompt(call: ModelCall): number {
	switch (call.type) {
		case 'chat':
		case 'count':
			return estimateMessages(call.request.messages, call.request.tools)
		case 'complete':
			return estimateInputs(call.request.prompts)
		case 'embed':
			return estimateInputs(call.request.inputs)
		case 'rerank':
			return estimateTexts([call.request.query, ...call.request.documents])
		case 'transcribe':
		case 'tokenize':
		case 'detokenize':
			return 0
		default:
			return call satisfies never
	}
}

function estimateInputs(inputs: readonly (string | readonly number[])[]): number {
	const texts = inputs.filter((input) => typeof input === 'string')
	return inputs.reduce<number>(
		(sum, input) => sum + (typeof input === 'string' ? 0 : input.length),
		estimateTexts(texts),
	)
}
