// A request with nothing but its required fields, for tests of what a writer does with one field or one message.

import type { ChatRequest } from './request.ts'

/** It has one message, the text `hi` of the user, and no options. */
export const plainRequest: ChatRequest = {
	model: 'm',
	messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
	sampling: {},
	stop: [],
	choices: 1,
	tools: [],
	toolChoice: { type: 'none' },
	parallelToolCalls: true,
	responseFormat: { type: 'text' },
	passthrough: {},
}
