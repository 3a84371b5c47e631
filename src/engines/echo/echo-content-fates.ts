// How the echo engine treats each optional field of messages, parts and tools. Media are reported as a whole.

import type { ContentFates } from '../../chat/content-fates.ts'

export const echoContentFates = {
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
	'image.detail': 'unused',
	'image.rest': 'dropped',
	'audio.rest': 'dropped',
	'file.id': 'dropped',
	'file.name': 'unused',
	'file.data': 'dropped',
	'file.url': 'dropped',
	'file.rest': 'dropped',
	'function.description': 'unused',
	'function.parameters': 'written',
	'function.rest': 'dropped',
	'custom.description': 'unused',
	'custom.grammar': 'unused',
	'custom.rest': 'dropped',
} as const satisfies ContentFates
