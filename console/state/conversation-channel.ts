// What the tabs of this browser that show the same conversation send each other: questions asked, and the events of answers,
// of which one tab reads each.

import type { ResponseEvent } from '../api/responses.ts'
import type { AnswerSnapshot } from './answer-snapshot.ts'
import type { PageTurn } from './turn-tree.ts'

/** A turn without its answer, which each tab has its own object for. */
export type SharedTurn = Omit<PageTurn, 'answer'>

export type TabMessage =
	/** Another tab has opened the conversation, or has seen that one did. */
	| { readonly type: 'opened' | 'present' }
	| { readonly type: 'asked'; readonly turn: SharedTurn }
	| { readonly type: 'event'; readonly turn: string; readonly event: ResponseEvent }
	/** Asks for what another tab has of an answer. */
	| { readonly type: 'missing'; readonly turn: string }
	| { readonly type: 'answer'; readonly turn: string; readonly snapshot: AnswerSnapshot }
	/** Another tab has added turns without asking, or a deletion was undone. */
	| { readonly type: 'changed' }

/** Of the channel of a conversation. */
export const channelOf = (conversation: string): string => `dragoman.${conversation}`

export class ConversationChannel {
	private readonly channel: BroadcastChannel | undefined
	/** Whether another tab has shown the conversation at the same time: a page alone sends nothing. */
	private shared = false

	constructor(conversation: string, receive: (message: TabMessage) => void, until: AbortSignal) {
		if (typeof BroadcastChannel === 'undefined' || until.aborted) return
		const channel = new BroadcastChannel(channelOf(conversation))
		this.channel = channel
		until.addEventListener('abort', () => channel.close(), { once: true })
		channel.onmessage = ({ data }: MessageEvent<TabMessage>) => {
			this.shared = true
			if (data.type === 'opened') channel.postMessage({ type: 'present' } satisfies TabMessage)
			receive(data)
		}
		channel.postMessage({ type: 'opened' } satisfies TabMessage)
		until.addEventListener('abort', () => {
			this.shared = false
		})
	}

	/** Sends to the other tabs, if there are any. */
	send(message: TabMessage): void {
		if (this.shared) this.channel?.postMessage(message)
	}
}
