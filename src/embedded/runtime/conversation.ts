// Renders a request's messages with the model's template. Features that a template lacks are emulated: instructions are
// put before the first question, calls are written out as text, turns that must alternate are joined. Requests that
// cannot be represented are rejected; nothing is dropped silently.

import { ChatError } from '../../chat/error.ts'
import type { Message, Part } from '../../chat/message.ts'
import { textOf, toolCallsOf } from '../../chat/parts.ts'
import { type ChatRequest, hasNames } from '../../chat/request.ts'
import type { Drop } from '../../chat/request-fates.ts'
import type { Tool } from '../../chat/tool.ts'
import { failurePrefix } from '../../chat/tool-failure.ts'
import { callId, visibleText, writeAssistantMessage } from './assistant-message-writer.ts'
import { instructions } from './call-format.ts'
import type { PromptText } from './prompt-text.ts'
import { type ChatTemplate, thinkOpen } from './template.ts'
import type { TemplateMessage } from './template-message.ts'
import { templateVariables } from './template-variables.ts'

export interface Prompt {
	/** Rendered text, for `PromptText.read`. */
	readonly text: string
	/** Whether the prompt ends inside a reasoning block. */
	readonly opensThinking: boolean
	/** Whether the answer continues the last message. */
	readonly continues: boolean
}

/**
 * The prompt of a chat request.
 *
 * @param tools tools to present to the model.
 * @throws ChatError `unsupported` for images, audio and files, `invalid-request` with the template's own message if it
 * rejects the messages.
 */
export function renderConversation(
	request: ChatRequest,
	tools: readonly Tool[],
	template: ChatTemplate,
	promptText: PromptText,
): Prompt {
	request.messages.forEach(refuseMedia)
	const continues = continuesLast(request)
	const definitions = tools.map(defineTool)
	const native = template.calls.native
	const written = openLast(writeMessages(request.messages, template, promptText), continues)
	const messages =
		definitions.length > 0 && !native ? withInstructions(written, promptText.guard(instructions(definitions))) : written
	const takesSystem = definitions.length > 0 && native ? template.takesSystemWithTools : template.takesSystem
	const direct = takesSystem ? messages : foldInstructions(messages)
	const options = {
		...(native ? { tools: definitions.map((definition) => promptText.guardAll(definition)) } : {}),
		opensAnswer: !continues && request.passthrough.add_generation_prompt !== false,
		variables: templateVariables(request, promptText),
	}
	let refusal: unknown
	for (const attempt of [direct, foldInstructions(direct), joinTurns(foldInstructions(direct))]) {
		try {
			const whole = template.render(attempt, options)
			const rendered = continues ? untilCut(whole) : whole
			return {
				continues,
				text: rendered,
				opensThinking: template.thinks && rendered.trimEnd().endsWith(thinkOpen),
			}
		} catch (thrown) {
			refusal ??= thrown
		}
	}
	const reason = refusal instanceof Error ? refusal.message : String(refusal)
	throw new ChatError('invalid-request', `The model's chat template does not accept these messages: ${reason}`, {
		param: 'messages',
		cause: refusal,
	})
}

/** Follows the text of the message to continue. Templates do not trim it. */
const cutMark = '\u{E000}cut\u{E001}'

/**
 * Whether the answer continues the last message, an assistant's, as in Anthropic's API and llama.cpp.
 * `continue_final_message` and `add_generation_prompt`, vLLM's fields, decide otherwise.
 *
 * @throws ChatError `invalid-request` if there is no message to continue, or if the fields contradict each other;
 * `unsupported` if the last message is the assistant's and cannot be continued.
 */
function continuesLast({ messages, passthrough }: ChatRequest): boolean {
	const [demand, opens] = (['continue_final_message', 'add_generation_prompt'] as const).map((name) =>
		readSwitch(name, passthrough[name]),
	)
	const last = messages.at(-1)
	const content = last?.role === 'assistant' ? last.content : []
	const hasText = toolCallsOf(content).length === 0 && visibleText(content) !== ''
	if (demand !== true) {
		if (content.length === 0 || demand === false || opens === true) return false
		if (hasText) return true
		throw new ChatError(
			'unsupported',
			'This model cannot continue a message of the assistant that has calls or no text: add a message after it.',
			{ param: `messages[${messages.length - 1}]` },
		)
	}
	if (opens === true)
		throw new ChatError(
			'invalid-request',
			"'continue_final_message' and 'add_generation_prompt' cannot both be true: set 'add_generation_prompt' to false.",
			{ param: 'continue_final_message' },
		)
	if (hasText) return true
	throw new ChatError('invalid-request', "The last message has no text of the assistant's that could be continued.", {
		param: 'continue_final_message',
	})
}

function readSwitch(name: string, value: unknown): boolean | undefined {
	if (value === undefined || value === null || typeof value === 'boolean') return value ?? undefined
	throw new ChatError('invalid-request', `Invalid value for '${name}': it must be true or false.`, { param: name })
}

function openLast(messages: readonly TemplateMessage[], continues: boolean): readonly TemplateMessage[] {
	const last = messages.at(-1)
	if (!continues || last === undefined) return messages
	return [...messages.slice(0, -1), { ...last, content: last.content + cutMark }]
}

/** @throws Error if the template changed the text of the last message. */
function untilCut(rendered: string): string {
	const at = rendered.lastIndexOf(cutMark)
	if (at < 0) throw new Error('it cannot leave the last message open')
	return rendered.slice(0, at)
}

/** Reports the names of messages if the template does not write them. */
export function reportUnusedNames(
	request: Pick<ChatRequest, 'messages'>,
	{ takesNames }: ChatTemplate,
	drop: Drop,
): void {
	if (!takesNames && hasNames(request)) drop('messages.name')
}

function refuseMedia(message: Message, at: number): void {
	for (const [partAt, part] of message.content.entries()) {
		const name = nameOfMedia(part)
		if (name !== undefined)
			throw new ChatError('unsupported', `This model supports text only; it does not accept ${name} in a message.`, {
				param: `messages[${at}].content[${partAt}]`,
				code: 'unsupported_content',
			})
	}
}

/** Undefined for what can be written as text. */
function nameOfMedia(part: Part): string | undefined {
	switch (part.type) {
		case 'text':
		case 'reasoning':
		case 'refusal':
		case 'tool-call':
			return undefined
		case 'image':
			return 'an image'
		case 'audio':
			return 'audio'
		case 'file':
			return 'a file'
		case 'provider-item':
			return 'content of another wire'
		default:
			return part satisfies never
	}
}

function defineTool(tool: Tool): Readonly<Record<string, unknown>> {
	const parameters = tool.type === 'function' ? (tool.parameters ?? { type: 'object', properties: {} }) : undefined
	return { type: 'function', function: { name: tool.name, description: tool.description ?? '', parameters } }
}

function writeMessages(
	messages: readonly Message[],
	template: ChatTemplate,
	promptText: PromptText,
): readonly TemplateMessage[] {
	const names = new Map<string, string>()
	for (const message of messages)
		if (message.role === 'assistant') for (const call of toolCallsOf(message.content)) names.set(call.id, call.name)
	return messages.map((message) => writeMessage(message, names, template, promptText))
}

/** @param names of the calls, by id. */
function writeMessage(
	message: Message,
	names: ReadonlyMap<string, string>,
	template: ChatTemplate,
	promptText: PromptText,
): TemplateMessage {
	const content = promptText.guard(textOf(message.content))
	switch (message.role) {
		case 'developer':
			return { role: template.knowsDeveloper ? 'developer' : 'system', content, ...authorOf(message, promptText) }
		case 'system':
		case 'user':
			return { role: message.role, content, ...authorOf(message, promptText) }
		case 'assistant':
			return { ...writeAssistantMessage(message, template, promptText), ...authorOf(message, promptText) }
		case 'tool': {
			const text = message.isError === true ? failurePrefix + content : content
			if (!template.calls.native) return { role: 'user', content: `<tool_response>\n${text}\n</tool_response>` }
			const name = names.get(message.callId)
			return {
				role: 'tool',
				content: text,
				tool_call_id: promptText.guard(callId(message.callId, template)),
				...(name === undefined ? {} : { name: promptText.guard(name) }),
			}
		}
	}
}

/** Templates test whether a message has a name, so that it must be absent without one. */
function authorOf(
	{ name }: { readonly name?: string | undefined },
	promptText: PromptText,
): Pick<TemplateMessage, 'name'> {
	return name === undefined ? {} : { name: promptText.guard(name) }
}

function isInstruction({ role }: TemplateMessage): boolean {
	return role === 'system' || role === 'developer'
}

function withInstructions(messages: readonly TemplateMessage[], words: string): readonly TemplateMessage[] {
	const [first, ...rest] = messages
	if (first !== undefined && isInstruction(first))
		return [{ ...first, content: `${first.content}\n\n${words}` }, ...rest]
	return [{ role: 'system', content: words }, ...messages]
}

/** Joins all instructions before the first question. */
function foldInstructions(messages: readonly TemplateMessage[]): readonly TemplateMessage[] {
	const words = messages.filter(isInstruction).map(({ content }) => content)
	if (words.length === 0) return messages
	const rest = messages.filter((message) => !isInstruction(message))
	const [first, ...others] = rest
	if (first?.role === 'user') return [{ ...first, content: [...words, first.content].join('\n\n') }, ...others]
	return [{ role: 'user', content: words.join('\n\n') }, ...rest]
}

/** Joins adjacent messages of one role, beginning with the user's. */
function joinTurns(messages: readonly TemplateMessage[]): readonly TemplateMessage[] {
	const joined: TemplateMessage[] = []
	for (const message of messages) {
		const last = joined.at(-1)
		if (last === undefined && message.role === 'assistant') joined.push({ role: 'user', content: '' })
		if (
			last?.role === message.role &&
			message.tool_calls === undefined &&
			last.tool_calls === undefined &&
			message.role !== 'tool'
		)
			joined[joined.length - 1] = { ...last, content: `${last.content}\n\n${message.content}` }
		else joined.push(message)
	}
	return joined
}
