// The default `instructions` of Scale's chat, versions 1 to 4. The wording is ours; the length is theirs, 53 tokens of
// cl100k_base, so that the same prompt has the same cost.

import type { SystemMessage } from '../../chat/message.ts'

export const defaultInstructions =
	'You are an AI assistant. People come to you with questions, and you answer each of them as well as you can from what you already know. Where a question cannot be answered well without knowing more, you may ask the person to tell you what is missing.'

/** For agents, which answer or request a tool call. */
export const defaultAgentInstructions =
	'You are an AI assistant with tools. Answer directly where you can; where one of the tools that are attached would help, ask for it to be called. Never make up a tool that is not attached, and name the tools when you are asked which ones there are.'

/**
 * The leading messages.
 *
 * @param given the caller's value: undefined means the default, unless the caller sends a system message; `null` means
 * none.
 */
export function writeInstructions(
	given: string | null | undefined,
	hasSystemMessage: boolean,
	byDefault: string,
): readonly SystemMessage[] {
	const text = given === undefined && !hasSystemMessage ? byDefault : (given ?? '')
	return text === '' ? [] : [{ role: 'system', content: [{ type: 'text', text }] }]
}
