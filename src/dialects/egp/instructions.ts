// What Scale's chat tells a model where its caller says nothing: `instructions` of the versions 1 to 4. The wording is ours, its length is
// theirs: 53 tokens of cl100k_base, so that prompts are billed alike.

import type { SystemMessage } from '../../chat/message.ts'

export const defaultInstructions =
	'You are an AI assistant. People come to you with questions, and you answer each of them as well as you can from what you already know. Where a question cannot be answered well without knowing more, you may ask the person to tell you what is missing.'

/** For agents, which answer themselves or have a tool called. */
export const defaultAgentInstructions =
	'You are an AI assistant with tools. Answer directly where you can; where one of the tools that are attached would help, ask for it to be called. Never make up a tool that is not attached, and name the tools when you are asked which ones there are.'

/**
 * The messages that go in front.
 *
 * @param said as the caller sent it: absent means the default, unless the caller brings a system message; `null` means none.
 */
export function writeInstructions(
	said: string | null | undefined,
	hasSystemMessage: boolean,
	byDefault: string,
): readonly SystemMessage[] {
	const text = said === undefined && !hasSystemMessage ? byDefault : (said ?? '')
	return text === '' ? [] : [{ role: 'system', content: [{ type: 'text', text }] }]
}
