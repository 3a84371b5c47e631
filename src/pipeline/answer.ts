// The result of the pipeline, which the handler sends.

import type { ChunkSource } from '../http/event-stream.ts'
import type { LimitState } from '../limits/limit-state.ts'

export type Answer = {
	readonly headers?: Readonly<Record<string, string>>
	/** The limits that cover the call; none if absent. */
	readonly limits?: readonly LimitState[] | undefined
} /** Sent as JSON unless it is a `TextBody`. `status` is 200 by default. */ & (
	| { readonly type: 'json'; readonly body: unknown; readonly status?: number }
	/** Server-sent events; a failure is written as the last of them. `ended` is called when the text of the last event was taken. */
	| { readonly type: 'stream'; readonly open: (ended: (disconnected: boolean) => void) => ChunkSource }
)
