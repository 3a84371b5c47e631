// What the tests of the conversation and turn services share.

import type { Message } from '../chat/message.ts'
import { type Absent, NotFound } from './not-found.ts'

/** What was reported as absent; undefined if the operation succeeded. */
export async function absentIn(operation: Promise<unknown>): Promise<Absent | undefined> {
	try {
		await operation
		return undefined
	} catch (thrown) {
		if (thrown instanceof NotFound) return thrown.absent
		throw thrown
	}
}

export function texts(messages: readonly { readonly message: Message }[]): readonly string[] {
	return messages.map(({ message: { content } }) => content.map((part) => ('text' in part ? part.text : '')).join(''))
}

export const page = { limit: 10, order: 'asc' } as const
