// Moves instructions for servers whose chat templates accept them only at the beginning. It knows canonical messages
// only.

import type { Message, SystemMessage, TextPart, UserMessage } from '../../chat/message.ts'
import type { ChatRequestForm } from './chat-request-form.ts'

/**
 * The messages with their instructions where the server accepts them: at most one message of instructions, and that
 * first.
 */
export function placeInstructions(
	messages: readonly Message[],
	placement: Exclude<ChatRequestForm['systemMessages'], 'anywhere'>,
): readonly Message[] {
	const front = messages.findIndex((message) => !isInstruction(message))
	const leading = (front === -1 ? messages : messages.slice(0, front)).filter(isInstruction)
	const rest = front === -1 ? [] : messages.slice(front)
	switch (placement) {
		case 'first':
			return [...merge([...leading, ...rest.filter(isInstruction)]), ...rest.filter((one) => !isInstruction(one))]
		case 'user':
			return [...merge(leading), ...intoUserMessages(rest)]
	}
}

function isInstruction(message: Message): message is SystemMessage {
	return message.role === 'system' || message.role === 'developer'
}

function merge(instructions: readonly SystemMessage[]): readonly SystemMessage[] {
	const [first] = instructions
	return first === undefined ? [] : [{ ...first, content: instructions.flatMap(({ content }) => content) }]
}

/** Results of tools must follow their calls, so instructions between them wait for the next user message. */
function intoUserMessages(messages: readonly Message[]): readonly Message[] {
	const placed: Message[] = []
	let waiting: TextPart[] = []
	for (const message of messages) {
		if (isInstruction(message)) {
			waiting.push(...message.content.map(tagged))
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

function tagged({ text }: TextPart): TextPart {
	return { type: 'text', text: `<system>\n${text}\n</system>` }
}
