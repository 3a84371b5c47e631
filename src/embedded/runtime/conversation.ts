// Renders a request's messages with the model's template. Features that a template lacks are emulated: instructions are
// put before the first question, calls are written out as text, turns that must alternate are joined. Requests that
// cannot be represented are rejected; nothing is dropped silently.

import { ChatError } from '../../chat/error.ts'
import { isObject } from '../../chat/json.ts'
import { parseJson } from '../../chat/json-text.ts'
import { type AssistantMessage, type Message, textOf } from '../../chat/message.ts'
import type { ChatRequest } from '../../chat/request.ts'
import type { Tool } from '../../chat/tool.ts'
import { instructions, writeCalls } from './call-format.ts'
import type { PromptText } from './prompt-text.ts'
import { type ChatTemplate, thinkOpen } from './template.ts'
import type { TemplateMessage } from './template-message.ts'

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
		variables: thinkingVariables(request, promptText),
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
 * @throws ChatError `invalid-request` if there is no message to continue, or if the fields contradict each other.
 */
function continuesLast({ messages, passthrough }: ChatRequest): boolean {
	const [demand, opens] = (['continue_final_message', 'add_generation_prompt'] as const).map((name) =>
		readSwitch(name, passthrough[name]),
	)
	const last = messages.at(-1)
	const hasText = last?.role === 'assistant' && last.toolCalls.length === 0 && textOf(last) !== ''
	if (demand !== true) return hasText && demand !== false && opens !== true
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

function refuseMedia(message: Message, at: number): void {
	for (const [partAt, part] of message.content.entries())
		if (part.type !== 'text' && part.type !== 'refusal')
			throw new ChatError(
				'unsupported',
				`This model supports text only; it does not accept ${nameOfMedia[part.type]} in a message.`,
				{
					param: `messages[${at}].content[${partAt}]`,
					code: 'unsupported_content',
				},
			)
}

const nameOfMedia = { image: 'an image', audio: 'audio', file: 'a file' } as const

/** Variables that control reasoning in templates, and further template variables of the client, as in vLLM's API. */
function thinkingVariables(request: ChatRequest, promptText: PromptText): Readonly<Record<string, unknown>> {
	const own = request.passthrough.chat_template_kwargs
	const effort = request.reasoningEffort
	const reasoning =
		effort === undefined ? {} : { enable_thinking: effort !== 'none', reasoning_effort: promptText.guard(effort) }
	return isObject(own) ? { ...reasoning, ...(promptText.guardAll(own) as Record<string, unknown>) } : reasoning
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
		if (message.role === 'assistant') for (const call of message.toolCalls) names.set(call.id, call.name)
	return messages.map((message) => writeMessage(message, names, template, promptText))
}

/** @param names of the calls, by id. */
function writeMessage(
	message: Message,
	names: ReadonlyMap<string, string>,
	template: ChatTemplate,
	promptText: PromptText,
): TemplateMessage {
	const content = promptText.guard(textOf(message))
	switch (message.role) {
		case 'developer':
			return { role: template.knowsDeveloper ? 'developer' : 'system', content }
		case 'system':
		case 'user':
			return {
				role: message.role,
				content,
				...(message.name === undefined ? {} : { name: promptText.guard(message.name) }),
			}
		case 'assistant':
			return writeAnswer(message, template, promptText)
		case 'tool': {
			if (!template.calls.native) return { role: 'user', content: `<tool_response>\n${content}\n</tool_response>` }
			const name = names.get(message.callId)
			return {
				role: 'tool',
				content,
				tool_call_id: promptText.guard(callId(message.callId, template)),
				...(name === undefined ? {} : { name: promptText.guard(name) }),
			}
		}
	}
}

function writeAnswer(message: AssistantMessage, template: ChatTemplate, promptText: PromptText): TemplateMessage {
	const { native, format, takesValues } = template.calls
	const text = promptText.guard(message.content.map((part) => part.text).join(''))
	const reasoning = message.reasoning === undefined ? {} : { reasoning_content: promptText.guard(message.reasoning) }
	if (message.toolCalls.length === 0) return { role: 'assistant', content: text, ...reasoning }
	if (!native) {
		const calls = message.toolCalls.map((call) => ({
			name: promptText.guard(call.name),
			arguments: promptText.guard(argumentsText(call)),
		}))
		return { role: 'assistant', content: text + (text === '' ? '' : '\n') + writeCalls(format, calls), ...reasoning }
	}
	return {
		role: 'assistant',
		content: text,
		...reasoning,
		tool_calls: message.toolCalls.map((call) => ({
			id: promptText.guard(callId(call.id, template)),
			type: 'function',
			function: {
				name: promptText.guard(call.name),
				arguments: takesValues
					? promptText.guardAll(readArguments(argumentsText(call)))
					: promptText.guard(argumentsText(call)),
			},
		})),
	}
}

function argumentsText(call: { readonly type: 'function' | 'custom'; readonly arguments: string }): string {
	if (call.type === 'custom') return JSON.stringify({ input: call.arguments })
	return call.arguments.trim() === '' ? '{}' : call.arguments
}

/** A client may send back truncated arguments; templates then get them as text. */
function readArguments(text: string): unknown {
	try {
		return parseJson(text)
	} catch {
		return text
	}
}

/** An id of the length that the template requires; equal ids map to equal ids. */
function callId(id: string, { calls: { idLength } }: ChatTemplate): string {
	if (idLength === undefined || new RegExp(`^[a-zA-Z0-9]{${idLength}}$`).test(id)) return id
	return Bun.hash.wyhash(id).toString(36).padStart(idLength, '0').slice(-idLength)
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
