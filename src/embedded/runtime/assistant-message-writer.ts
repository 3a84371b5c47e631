// Writes a message of the assistant in the form that the model's template expects: reasoning, text and calls in separate
// fields, or calls within the text if the template cannot render them. It does not know other roles.

import type { AssistantMessage, AssistantPart, ToolCall } from '../../chat/message.ts'
import { reasoningOf, toolCallsOf } from '../../chat/parts.ts'
import { tryParseJson } from '../../chat/try-parse-json.ts'
import { writeCalls } from './call-format.ts'
import type { PromptText } from './prompt-text.ts'
import type { ChatTemplate } from './template.ts'
import type { TemplateMessage } from './template-message.ts'

/** The images, audio and provider items of `content` are left out. */
export function writeAssistantMessage(
	{ content }: AssistantMessage,
	template: ChatTemplate,
	promptText: PromptText,
): TemplateMessage {
	const calls = toolCallsOf(content)
	const writesCalls = template.calls.native && calls.length > 0
	const message = {
		role: 'assistant',
		content: writesCalls ? promptText.guard(visibleText(content)) : transcriptOf(content, template, promptText),
	}
	const reasoning = reasoningOf(content)
	// Templates test whether a field is present, so an unused one must be absent.
	const thinking = reasoning === '' ? message : { ...message, reasoning_content: promptText.guard(reasoning) }
	if (!writesCalls) return thinking
	return { ...thinking, tool_calls: calls.map((call) => writeCall(call, template, promptText)) }
}

function writeCall(call: ToolCall, template: ChatTemplate, promptText: PromptText) {
	const text = argumentsText(call)
	return {
		id: promptText.guard(callId(call.id, template)),
		type: 'function' as const,
		function: {
			name: promptText.guard(call.name),
			arguments: template.calls.takesValues ? promptText.guardAll(readArguments(text)) : promptText.guard(text),
		},
	}
}

/** Text and calls in their order. */
function transcriptOf(
	content: readonly AssistantPart[],
	{ calls: { format } }: ChatTemplate,
	promptText: PromptText,
): string {
	const segments: string[] = []
	let text = ''
	let calls: { readonly name: string; readonly arguments: string }[] = []
	const endSegment = () => {
		segments.push(promptText.guard(text), writeCalls(format, calls))
		text = ''
		calls = []
	}
	for (const part of content) {
		if (part.type === 'tool-call')
			calls.push({ name: promptText.guard(part.name), arguments: promptText.guard(argumentsText(part)) })
		else {
			const visible = visibleTextOf(part)
			if (visible !== '' && calls.length > 0) endSegment()
			text += visible
		}
	}
	endSegment()
	return segments.filter((segment) => segment !== '').join('\n')
}

/** The text that the user reads. */
export function visibleText(content: readonly AssistantPart[]): string {
	return content.map(visibleTextOf).join('')
}

function visibleTextOf(part: AssistantPart): string {
	switch (part.type) {
		case 'text':
		case 'refusal':
			return part.text
		case 'reasoning':
		case 'tool-call':
		case 'image':
		case 'audio':
		case 'provider-item':
			return ''
		default:
			return part satisfies never
	}
}

function argumentsText(call: ToolCall): string {
	if (call.kind === 'custom') return JSON.stringify({ input: call.arguments })
	return call.arguments.trim() === '' ? '{}' : call.arguments
}

/** A client may send back truncated arguments; templates then get them as text. */
function readArguments(text: string): unknown {
	const value = tryParseJson(text)
	return value === undefined ? text : value
}

/** An id of the length that the template requires; equal ids map to equal ids. */
export function callId(id: string, { calls: { idLength } }: ChatTemplate): string {
	if (idLength === undefined || new RegExp(`^[a-zA-Z0-9]{${idLength}}$`).test(id)) return id
	return Bun.hash.wyhash(id).toString(36).padStart(idLength, '0').slice(-idLength)
}
