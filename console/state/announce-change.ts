// Announces that the stored turns of a conversation have changed, for a change whose own screen is closed.

import { channelOf, type TabMessage } from './conversation-channel.ts'

/** All tabs that show the conversation read its turns again, this one, too. */
export function announceChange(conversation: string): void {
	if (typeof BroadcastChannel === 'undefined') return
	const channel = new BroadcastChannel(channelOf(conversation))
	channel.postMessage({ type: 'changed' } satisfies TabMessage)
	channel.close()
}
