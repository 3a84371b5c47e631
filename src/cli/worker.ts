// One of several processes that serve the same address, as it sees the process that started it.

import type { MetricSnapshot } from '../telemetry/metric.ts'

/** What a worker tells its foreman. */
export type WorkerMessage =
	| { readonly type: 'serving' }
	/** Its own metrics, as asked for by number. */
	| { readonly type: 'metrics'; readonly inquiry: number; readonly metrics: readonly MetricSnapshot[] }
	/** It wants the metrics of all others. */
	| { readonly type: 'others'; readonly inquiry: number }

/** What a foreman tells a worker. */
export type ForemanMessage =
	| { readonly type: 'metrics'; readonly inquiry: number }
	| { readonly type: 'others'; readonly inquiry: number; readonly metrics: readonly (readonly MetricSnapshot[])[] }

export interface Foreman {
	/** Resolves when it is gone: then nobody would restart or end this worker. */
	readonly gone: Promise<void>
	/** This worker serves now; `metrics` tells what it counted. */
	serve(metrics: () => readonly MetricSnapshot[]): void
	/** What all others counted; none of those that do not answer in time. */
	otherMetrics(): Promise<readonly (readonly MetricSnapshot[])[]>
}

const longestWaitMs = 2000

export function openForeman(): Foreman {
	const gone = Promise.withResolvers<void>()
	const inquiries = new Map<number, (metrics: readonly (readonly MetricSnapshot[])[]) => void>()
	let lastInquiry = 0
	let own: () => readonly MetricSnapshot[] = () => []
	const tell = (message: WorkerMessage) => process.send?.(message)
	process.once('disconnect', () => gone.resolve())
	process.on('message', (message: ForemanMessage) => {
		switch (message.type) {
			case 'metrics':
				tell({ type: 'metrics', inquiry: message.inquiry, metrics: own() })
				break
			case 'others':
				inquiries.get(message.inquiry)?.(message.metrics)
		}
	})
	return {
		gone: gone.promise,
		serve(metrics) {
			own = metrics
			tell({ type: 'serving' })
		},
		otherMetrics() {
			const inquiry = ++lastInquiry
			return new Promise((resolve) => {
				const end = (metrics: readonly (readonly MetricSnapshot[])[]) => {
					clearTimeout(late)
					inquiries.delete(inquiry)
					resolve(metrics)
				}
				const late = setTimeout(end, longestWaitMs, [])
				inquiries.set(inquiry, end)
				tell({ type: 'others', inquiry })
			})
		},
	}
}
