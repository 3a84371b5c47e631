// What the pipeline gives the handler to send.

import type { Pieces } from '../http/event-stream.ts'

export type Answer = {
	readonly headers?: Readonly<Record<string, string>>
} /** Sent as JSON unless it is a `TextBody`; with status 200 unless said. */ & (
	| { readonly type: 'json'; readonly body: unknown; readonly status?: number }
	/** Server-sent events; what goes wrong is written as the last of them. `ended` is told when nothing more will come. */
	| { readonly type: 'stream'; readonly open: (ended: (left: boolean) => void) => Pieces }
)
