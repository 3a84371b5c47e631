// Decides what the echo engine answers to a chat request: the instructions of its last message, a sample of a tool call
// or of a JSON schema, or the message itself.

import { stringifyJson } from '../../chat/json-text.ts'
import { type Message, textOf } from '../../chat/message.ts'
import type { ChatRequest } from '../../chat/request.ts'
import { choosableTools, type Tool } from '../../chat/tool.ts'
import { type Plan, type PlannedPart, readPlan } from './instruction.ts'
import { sampleSchema } from './schema-sample.ts'

export function planChat(request: ChatRequest): Plan {
	const text = lastText(request.messages)
	const plan = readPlan(text)
	if (text.startsWith('echo:')) return plan
	const { toolChoice, tools, responseFormat } = request
	if (toolChoice.type === 'named' || toolChoice.type === 'required') {
		return { ...plan, parts: choosableTools(tools, toolChoice).slice(0, 1).map(sampleCall) }
	}
	switch (responseFormat.type) {
		case 'text':
			return plan
		case 'json-object':
			return { ...plan, parts: [{ type: 'text', text: JSON.stringify({ echo: text }) }] }
		case 'json-schema':
			return { ...plan, parts: [{ type: 'text', text: stringifyJson(sampleSchema(responseFormat.schema ?? {})) }] }
	}
}

function sampleCall(tool: Tool): PlannedPart {
	if (tool.type === 'custom') return { type: 'tool', kind: 'custom', name: tool.name, arguments: 'text' }
	return {
		type: 'tool',
		kind: 'function',
		name: tool.name,
		arguments: stringifyJson(tool.parameters === undefined ? {} : sampleSchema(tool.parameters)),
	}
}

/**
 * The text of the newest user or tool message. A tool result is never an instruction, so that the loop of an agent
 * ends.
 */
function lastText(messages: readonly Message[]): string {
	const last = messages.findLast(({ role }) => role === 'user' || role === 'tool')
	if (last === undefined) return ''
	const text = textOf(last)
	return last.role === 'tool' && text.startsWith('echo:') ? ` ${text}` : text
}
