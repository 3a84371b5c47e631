// How the writer of chat requests treats each optional field of messages, parts and tools. The wire has no field for
// signatures; those of Gemini go back in Google's extension of it.

import type { ContentFates } from '../../chat/content-fates.ts'

export const chatContentFates = {
	'system.rest': 'written',
	'user.rest': 'written',
	'assistant.rest': 'written',
	'tool.rest': 'written',
	'text.rest': 'written',
	'reasoning.signature': 'unused',
	'reasoning.encrypted': 'unused',
	'reasoning.rest': 'dropped',
	'tool-call.signature': 'unused',
	'tool-call.rest': 'written',
	'refusal.rest': 'written',
	'image.detail': 'written',
	'image.rest': 'written',
	'audio.rest': 'written',
	'file.id': 'written',
	'file.name': 'written',
	'file.data': 'written',
	'file.url': 'refused',
	'file.rest': 'written',
	'function.description': 'written',
	'function.parameters': 'written',
	'function.rest': 'written',
	'custom.description': 'written',
	'custom.grammar': 'written',
	'custom.rest': 'written',
} as const satisfies ContentFates
