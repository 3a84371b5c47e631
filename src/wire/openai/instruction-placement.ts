// Moves instructions for servers whose chat templates accept them only at the beginning. It knows canonical messages
// only.

import type { Message, SystemMessage, TextPart, UserMessage } from '../../chat/message.ts'
import type { Drop } from '../../chat/request-fates.ts'
import { RestFold } from '../../chat/rest.ts'
import type { ChatRequestForm } from './chat-request-form.ts'

/**
 * The messages with their instructions where the server accepts them: at most one message of instructions, and that
 * first.
 *
 * @param drop called for the unknown fields of a message whose text moves into a user message.
 */
export function placeInstructions(
	messages: readonly Message[],
	placement: Exclude<ChatRequestForm['systemMessages'], 'anywhere'>,
	drop: Drop,
): readonly Message[] {
	const front = messages.findIndex((message) => !isInstruction(message))
	const leading = (front === -1 ? messages : messages.slice(0, front)).filter(isInstruction)
	const rest = front === -1 ? [] : messages.slice(front)
	switch (placement) {
		case 'first':
			return [...merge([...leading, ...rest.filter(isInstruction)]), ...rest.filter((one) => !isInstruction(one))]
		case 'user':
			return [...merge(leading), ...intoUserMessages(rest, drop)]
	}
}

function isInstruction(message: Message): message is SystemMessage {
	return message.role === 'system' || message.role === 'developer'
}

function merge(instructions: readonly SystemMessage[]): readonly SystemMessage[] {
	const [first] = instructions
	if (first === undefined) return []
	const rest = new RestFold()
	for (const message of instructions) if (message.rest !== undefined) rest.add(message.rest)
	const content = instructions.flatMap((message) => message.content)
	const lines = content.map((part, index) => (index < content.length - 1 ? marked(part) : part))
	return [{ ...first, content: lines, rest: rest.rest }]
}

/** Results of tools must follow their calls, so instructions between them wait for the next user message. */
function intoUserMessages(messages: readonly Message[], drop: Drop): readonly Message[] {
	const placed: Message[] = []
	let waiting: TextPart[] = []
	for (const message of messages) {
		if (isInstruction(message)) {
			waiting.push(...message.content.map(tagged))
			for (const name of Object.keys(message.rest?.fields ?? {})) drop(name)
			continue
		}
		if (message.role === 'user') placed.push({ ...message, content: [...waiting, ...message.content] })
		else {
			if (message.role === 'assistant') placed.push(...asUser(waiting))
			placed.push(message)
		}
		if (message.role !== 'tool') waiting = []
	}
	return [...placed, ...asUser(waiting)]
}

function asUser(content: readonly TextPart[]): readonly UserMessage[] {
	return content.length === 0 ? [] : [{ role: 'user', content }]
}

/** The part with the mark of its message, which is no longer one. */
function marked(part: TextPart): TextPart {
	const { cacheMark } = part
	if (typeof cacheMark !== 'object' || cacheMark.level !== 'message') return part
	return { ...part, cacheMark: { ...cacheMark, level: undefined } }
}

function tagged(part: TextPart): TextPart {
	return { ...marked(part), text: `<system>\n${part.text}\n</system>` }
}
