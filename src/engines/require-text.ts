// For upstreams that embed text only: a request may also consist of token ids, which belong to the tokenizer of another model.

import { ChatError } from '../chat/error.ts'

/** @throws ChatError `unsupported` for token ids. */
export function requireText(input: string | readonly number[]): string {
	if (typeof input === 'string') return input
	throw new ChatError('unsupported', 'This upstream accepts text, not token ids.', { param: 'input' })
}
