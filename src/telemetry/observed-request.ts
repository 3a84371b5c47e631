// The fold of a request's events, which the log, the metrics and the traces read when it ends. It does not know any of
// the three.

import type { ChatError } from '../chat/error.ts'
import type { FinishReason } from '../chat/event.ts'
import type { Usage } from '../chat/usage.ts'
import type { HistogramChild } from './metric.ts'
import type { ObservedCost, RequestEvent, RequestObserver } from './observer.ts'
import type { RequestContext } from './telemetry.ts'
import { forwardedHeaders } from './trace-context.ts'

/** A failed or successful attempt on an upstream. */
export interface EndedAttempt {
	readonly upstream: string
	readonly error?: string | undefined
}

/** Reports an attempt that is in progress. */
export interface AttemptReport {
	readonly traceHeaders: Readonly<Record<string, string>>
	end(nowMs: number, error?: ChatError): void
}

/** Receives reports about a request: some before its end, and its end. */
export interface RequestReports {
	/** The log may contain prompts and completions. */
	readonly content: boolean
	attempt(request: ObservedRequest, upstream: string, nowMs: number): AttemptReport
	/** The times between two chunks of the streamed responses of `model`, in seconds. */
	gaps(model: string): HistogramChild
	end(request: ObservedRequest, nowMs: number): void
}

export class ObservedRequest implements RequestObserver {
	readonly context: RequestContext
	/** IP address of the client, for the log. */
	readonly client: string | undefined
	route: string | undefined
	dialect: string | undefined
	operation: string | undefined
	key: { readonly id: string; readonly name: string } | undefined
	model: string | undefined
	stream: boolean | undefined
	labels: Readonly<Record<string, string>> | undefined
	/** The upstream that responded. */
	upstream: string | undefined
	status: number | undefined
	error: ChatError | undefined
	disconnected = false
	usage: Usage | undefined
	cost: ObservedCost | undefined
	finishReason: FinishReason | undefined
	/** Parts of the request that were left out. */
	dropped: readonly string[] | undefined
	prompt: unknown
	answer: string | undefined
	readonly attempts: EndedAttempt[] = []
	/** Milliseconds since 1970. */
	firstOutputMs: number | undefined
	private lastOutputMs = 0
	/** Of the model; looked up at the second output. */
	private gaps: HistogramChild | undefined
	private attempt: (AttemptReport & { readonly upstream: string }) | undefined
	private readonly reports: RequestReports

	constructor(context: RequestContext, reports: RequestReports, client?: string) {
		this.context = context
		this.reports = reports
		this.client = client
	}

	observe(event: RequestEvent): void {
		switch (event.type) {
			case 'output':
				this.addOutput(event.atMs, event.text)
				return
			case 'answered':
				this.firstOutputMs ??= event.atMs
				this.finishReason ??= event.finishReason
				if (this.reports.content && event.text !== '') this.answer = event.text
				return
			case 'routed':
				this.route = event.route
				this.dialect = event.dialect
				return
			case 'authenticated':
				this.key = event.key
				return
			case 'parsed':
				this.operation = event.operation
				this.stream = event.stream
				this.labels = event.labels
				if (this.reports.content) this.prompt = event.body
				return
			case 'planned':
				this.model = event.model
				return
			case 'attempt': {
				const { upstream, atMs } = event
				const { traceHeaders, end } = this.reports.attempt(this, upstream, atMs)
				this.attempt = { upstream, traceHeaders, end }
				return
			}
			case 'attempt-ended':
				this.endAttempt(event.atMs, event.error)
				return
			case 'dropped':
				this.dropped = event.parts
				return
			case 'finish-reason':
				this.finishReason ??= event.reason
				return
			case 'usage':
				this.usage = event.usage
				this.cost = event.cost
				return
			case 'failed':
				this.error = event.error
				return
			case 'ended':
				this.status = event.status
				this.error = event.error ?? this.error
				this.disconnected = event.disconnected
				this.reports.end(this, event.atMs)
				return
			default:
				event satisfies never
		}
	}

	traceHeaders(): Readonly<Record<string, string>> {
		return this.attempt?.traceHeaders ?? forwardedHeaders(this.context.headers)
	}

	private addOutput(atMs: number, text: string): void {
		if (this.firstOutputMs === undefined) this.firstOutputMs = atMs
		else if (this.model !== undefined && this.stream === true) {
			this.gaps ??= this.reports.gaps(this.model)
			this.gaps.observe((atMs - this.lastOutputMs) / 1000)
		}
		this.lastOutputMs = atMs
		if (this.reports.content && text !== '') this.answer = `${this.answer ?? ''}${text}`
	}

	private endAttempt(atMs: number, error: ChatError | undefined): void {
		const { attempt } = this
		if (attempt === undefined) return
		this.attempt = undefined
		const { upstream } = attempt
		this.attempts.push({ upstream, error: error?.kind })
		if (error === undefined) this.upstream = upstream
		attempt.end(atMs, error)
	}
}
