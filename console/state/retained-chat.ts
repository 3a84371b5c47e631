// The conversation of a screen that another one has replaced, as long as it sends a question or reads an answer: a second
// `Chat` of the same conversation would do the same.

import type { Chat } from './chat.ts'

export interface HeldChat {
	chat?: Chat
	/** `newChats` when it was shown. */
	count?: number
}

let retained: HeldChat = {}

/** Closes the one that was retained before. */
export function retainChat(held: HeldChat): void {
	retained.chat?.close()
	if (held.chat?.isSettled === false) retained = held
	else {
		held.chat?.close()
		retained = {}
	}
}

/** Nothing is retained any more. */
export function takeRetainedChat(): HeldChat {
	const taken = retained
	retained = {}
	return taken
}
