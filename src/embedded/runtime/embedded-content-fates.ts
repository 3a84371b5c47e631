// How this engine treats each optional field of messages, parts and tools. Templates get the text of a conversation.

import type { ContentFates } from '../../chat/content-fates.ts'

export const embeddedContentFates = {
	'system.rest': 'dropped',
	'user.rest': 'dropped',
	'assistant.rest': 'dropped',
	'tool.rest': 'dropped',
	'text.rest': 'dropped',
	'reasoning.signature': 'unused',
	'reasoning.encrypted': 'unused',
	'reasoning.rest': 'dropped',
	'tool-call.signature': 'unused',
	'tool-call.rest': 'dropped',
	'refusal.rest': 'dropped',
	'image.detail': 'refused',
	'image.rest': 'refused',
	'audio.rest': 'refused',
	'file.id': 'refused',
	'file.name': 'refused',
	'file.data': 'refused',
	'file.url': 'refused',
	'file.rest': 'refused',
	'function.description': 'translated',
	'function.parameters': 'translated',
	'function.rest': 'dropped',
	'custom.description': 'refused',
	'custom.grammar': 'refused',
	'custom.rest': 'refused',
} as const satisfies ContentFates
