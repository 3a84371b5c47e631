// The names of tool calls by id, for wires whose tool results name the tool. It is filled in the order of the messages.

import { ChatError } from './error.ts'
import type { ToolCall, ToolMessage } from './message.ts'

export class CallNames {
	private readonly names = new Map<string, string>()

	add({ id, name }: ToolCall): void {
		this.names.set(id, name)
	}

	/**
	 * The name of the tool whose result `message` is.
	 *
	 * @param index of the message in the request.
	 * @throws ChatError `invalid-request` if no earlier message calls it.
	 */
	nameFor(message: ToolMessage, index: number): string {
		const name = this.names.get(message.callId)
		if (name !== undefined) return name
		throw new ChatError('invalid-request', 'A tool message must respond to a tool call in an earlier message.', {
			param: `messages[${index}].tool_call_id`,
		})
	}
}
