// The record of a request, filled in by the pipeline. Independent of the log, the metrics and the traces that read it.

import type { ChatError } from '../chat/error.ts'
import type { FinishReason } from '../chat/event.ts'
import type { Usage } from '../chat/usage.ts'
import type { AttemptRecord, RequestContext, RequestRecord } from './telemetry.ts'

/** One attempt on an upstream. */
export interface Attempt {
	readonly upstream: string
	readonly error?: string
}

export interface RequestWatcher {
	attempt(record: ObservedRequest, upstream: string, nowMs: number): AttemptRecord
	/** Reports the time between two chunks of a response of `model`, in milliseconds. */
	gap(model: string, ms: number): void
}

export class ObservedRequest implements RequestRecord {
	readonly arrival: RequestContext
	route?: string
	dialect?: string
	operation?: NonNullable<RequestRecord['operation']>
	key?: { readonly id: string; readonly name: string }
	model?: string
	stream?: boolean
	upstream?: string
	status?: number
	error?: ChatError
	left?: boolean
	labels?: Readonly<Record<string, string>>
	usage?: Usage
	finishReason?: FinishReason
	prompt?: unknown
	answer?: string
	/** IP address of the client, for the log. */
	client?: string | undefined
	readonly attempts: Attempt[] = []
	/** Milliseconds since 1970. */
	firstPieceMs: number | undefined
	private lastPieceMs = 0
	private readonly watcher: RequestWatcher

	constructor(arrival: RequestContext, watcher: RequestWatcher) {
		this.arrival = arrival
		this.watcher = watcher
	}

	piece(nowMs: number): void {
		if (this.firstPieceMs === undefined) this.firstPieceMs = nowMs
		else if (this.model !== undefined && this.stream === true) this.watcher.gap(this.model, nowMs - this.lastPieceMs)
		this.lastPieceMs = nowMs
	}

	attempt(upstream: string, nowMs: number): AttemptRecord {
		return this.watcher.attempt(this, upstream, nowMs)
	}
}
