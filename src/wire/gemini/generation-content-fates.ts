// How the writer of Gemini's requests treats each optional field of messages, parts and tools. No client speaks this wire,
// so that only answers have unknown fields of it.

import { type ContentFates, contentReporter } from '../../chat/content-fates.ts'

export const generationContentFates = {
	'system.rest': 'unused',
	'user.rest': 'unused',
	'assistant.rest': 'unused',
	'tool.rest': 'unused',
	'text.rest': 'written',
	'reasoning.signature': 'written',
	'reasoning.encrypted': 'unused',
	'reasoning.rest': 'written',
	'tool-call.signature': 'written',
	'tool-call.rest': 'written',
	'refusal.rest': 'written',
	'image.detail': 'dropped',
	'image.rest': 'written',
	'audio.rest': 'written',
	'file.id': 'refused',
	'file.name': 'dropped',
	'file.data': 'written',
	'file.url': 'written',
	'file.rest': 'written',
	'function.description': 'written',
	'function.parameters': 'written',
	'function.rest': 'unused',
	'custom.description': 'refused',
	'custom.grammar': 'refused',
	'custom.rest': 'refused',
} as const satisfies ContentFates

export const reportDroppedContent = contentReporter(generationContentFates)
