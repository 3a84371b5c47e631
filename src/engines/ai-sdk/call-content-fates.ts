// How the specification expresses each optional field of messages, parts and tools. Signatures and rests are the metadata
// of providers, which only assistant parts have.

import { type ContentFates, contentReporter } from '../../chat/content-fates.ts'

export const callContentFates = {
	'system.rest': 'unused',
	'user.rest': 'unused',
	'assistant.rest': 'unused',
	'tool.rest': 'unused',
	'text.rest': 'written',
	'reasoning.signature': 'written',
	'reasoning.encrypted': 'unused',
	'reasoning.rest': 'unused',
	'tool-call.signature': 'written',
	'tool-call.rest': 'unused',
	'refusal.rest': 'written',
	'image.detail': 'dropped',
	'image.rest': 'unused',
	'audio.rest': 'unused',
	'file.id': 'refused',
	'file.name': 'written',
	'file.data': 'written',
	'file.url': 'refused',
	'file.rest': 'unused',
	'function.description': 'written',
	'function.parameters': 'written',
	'function.rest': 'unused',
	'custom.description': 'refused',
	'custom.grammar': 'refused',
	'custom.rest': 'refused',
} as const satisfies ContentFates

export const reportDroppedContent = contentReporter(callContentFates)
