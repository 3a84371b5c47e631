// The result of the pipeline, which the handler sends.

import type { ChunkSource } from '../http/event-stream.ts'

export type Answer = {
	readonly headers?: Readonly<Record<string, string>>
} /** Sent as JSON unless it is a `TextBody`. `status` is 200 by default. */ & (
	| { readonly type: 'json'; readonly body: unknown; readonly status?: number }
	/** Server-sent events; a failure is written as the last of them. `ended` is called after the last event. */
	| { readonly type: 'stream'; readonly open: (ended: (left: boolean) => void) => ChunkSource }
)
