// How the writer of Messages requests treats each optional field of messages, parts and tools.

import { type ContentFates, contentReporter } from '../../chat/content-fates.ts'

export const messageContentFates = {
	'system.rest': 'unused',
	'user.rest': 'written',
	'assistant.rest': 'written',
	'tool.rest': 'written',
	'text.rest': 'written',
	'reasoning.signature': 'written',
	'reasoning.encrypted': 'translated',
	'reasoning.rest': 'written',
	'tool-call.signature': 'unused',
	'tool-call.rest': 'written',
	'refusal.rest': 'written',
	'image.detail': 'dropped',
	'image.rest': 'written',
	'audio.rest': 'refused',
	'file.id': 'written',
	'file.name': 'written',
	'file.data': 'written',
	'file.url': 'written',
	'file.rest': 'written',
	'function.description': 'written',
	'function.parameters': 'written',
	'function.rest': 'written',
	'custom.description': 'translated',
	'custom.grammar': 'translated',
	'custom.rest': 'translated',
} as const satisfies ContentFates

export const reportDroppedContent = contentReporter(messageContentFates)
