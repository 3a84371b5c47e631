// Decides what the echo engine answers to a chat request: the instructions of its last message, a sample of a tool call
// or of a JSON schema, or the message itself.

import { ChatError } from '../../chat/error.ts'
import { stringifyJson } from '../../chat/json-text.ts'
import type { AssistantMessage, Message } from '../../chat/message.ts'
import { textOf } from '../../chat/parts.ts'
import type { ChatRequest } from '../../chat/request.ts'
import { choosableTools, type Tool } from '../../chat/tool.ts'
import { type Plan, type PlannedPart, readPlan } from './instruction.ts'
import { sampleSchema } from './schema-sample.ts'

/** @throws ChatError `unsupported` if the last message is the assistant's and does not begin the answer. */
export function planChat(request: ChatRequest): Plan {
	const plan = planAnswer(request)
	const last = request.messages.at(-1)
	return last?.role === 'assistant' ? withoutBegun(plan, last) : plan
}

/** What is left of an answer that `message` begins. */
function withoutBegun(plan: Plan, { content }: AssistantMessage): Plan {
	const [first, ...others] = plan.parts
	if (content.length === 0 || first === undefined) return plan
	const begun = textOf(content)
	const onlyText = content.every(({ type }) => type === 'text')
	if (onlyText && first.type === 'text' && first.text.startsWith(begun))
		return { ...plan, parts: [{ type: 'text', text: first.text.slice(begun.length) }, ...others] }
	throw new ChatError(
		'unsupported',
		"The echo engine continues a message of the assistant only if it is the beginning of the engine's own answer.",
		{ param: 'messages' },
	)
}

function planAnswer(request: ChatRequest): Plan {
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
	const text = textOf(last.content)
	return last.role === 'tool' && text.startsWith('echo:') ? ` ${text}` : text
}
