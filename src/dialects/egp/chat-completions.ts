// POST …/chat-completions of the versions 1 to 4, which differ in the role of the answer.

import { schemaError } from '../../wire/openai/schema-error.ts'
import type { Call, Route } from '../dialect.ts'
import { accountOf } from './account.ts'
import { readTurn } from './chat-request.ts'
import { chatSchema } from './chat-schema.ts'
import { renderTemplate } from './chat-template.ts'
import { droppedOfTurn } from './dropped-fields.ts'
import { chatEnvelope, envelopeWriter } from './envelope-writer.ts'
import { defaultInstructions } from './instructions.ts'

export const chatCompletions: readonly Route[] = [
	chatRoute('/v1', 'agent'),
	...['/v2', '/v3', '/v4'].map((version) => chatRoute(version, 'assistant')),
]

function chatRoute(version: string, role: 'agent' | 'assistant'): Route {
	const writer = envelopeWriter(chatEnvelope(role), role === 'agent' ? null : 'stop')
	return {
		method: 'POST',
		path: `${version}/chat-completions`,
		bodySchema: chatSchema,
		read({ body, headers, inThread }): Call | Promise<Call> {
			const parsed = chatSchema.safeParse(body)
			if (!parsed.success) throw schemaError(parsed.error, body)
			const sent = parsed.data
			const { request, parts } = readTurn(sent, defaultInstructions)
			const stream = sent.stream ?? false
			const dropped = droppedOfTurn(sent, chatSchema.shape)
			const common = { stream, writer, ...accountOf(headers, sent) }
			if (sent.chat_template == null) return { type: 'chat', request, parts, dropped, ...common }
			return renderTemplate(sent.chat_template, request, inThread).then((rendered) => ({
				type: 'complete',
				request: rendered,
				dropped: request.reasoningEffort === undefined ? dropped : [...dropped, 'reasoning_effort'],
				...common,
			}))
		},
	}
}
