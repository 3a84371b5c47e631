// The search of the server for conversations, a moment after the last key. It does not render.

import { signal } from '@preact/signals'
import { type ConversationSummary, listConversations } from '../api/conversations.ts'
import { isAbort } from '../api/server.ts'

export type SearchState =
	| { readonly type: 'none' }
	| { readonly type: 'searching'; readonly items: readonly ConversationSummary[] }
	| { readonly type: 'found'; readonly items: readonly ConversationSummary[] }
	| { readonly type: 'failed'; readonly failure: unknown }

/** The longest text that the server searches, in characters. */
export const mostCharacters = 200
const [debounceMs, pageSize] = [150, 20]

export class ConversationSearch {
	readonly state = signal<SearchState>({ type: 'none' })
	private request = new AbortController()
	private timer: ReturnType<typeof setTimeout> | undefined

	/** What was found for the text before remains until the answer. */
	search(text: string): void {
		this.close()
		const wanted = text.trim()
		if (wanted === '' || [...wanted].length > mostCharacters) {
			this.state.value = { type: 'none' }
			return
		}
		const before = this.state.value
		this.state.value = { type: 'searching', items: 'items' in before ? before.items : [] }
		this.timer = setTimeout(() => void this.ask(wanted), debounceMs)
	}

	close(): void {
		clearTimeout(this.timer)
		this.request.abort()
	}

	private async ask(search: string): Promise<void> {
		this.request = new AbortController()
		const { signal } = this.request
		try {
			const { data } = await listConversations({ search, limit: pageSize, signal })
			if (!signal.aborted) this.state.value = { type: 'found', items: data }
		} catch (failure) {
			if (!isAbort(failure) && !signal.aborted) this.state.value = { type: 'failed', failure }
		}
	}
}
