// One of several processes that serve the same address, as it sees the process that started it.

import type { MetricSnapshot } from '../telemetry/metric.ts'
import { forcedStatus, type Stop } from './stop.ts'
import type { StopRequest } from './stop-request.ts'

/** What a worker tells its foreman. */
export type WorkerMessage =
	| { readonly type: 'serving' }
	/** Its own metrics, as asked for by number. */
	| { readonly type: 'metrics'; readonly inquiry: number; readonly metrics: readonly MetricSnapshot[] }
	/** It wants the metrics of all others. */
	| { readonly type: 'others'; readonly inquiry: number }

/** What a foreman tells a worker. */
export type ForemanMessage =
	/** End gracefully. */
	| { readonly type: 'end' }
	/** Read the configuration again. */
	| { readonly type: 'reload' }
	| { readonly type: 'metrics'; readonly inquiry: number }
	| { readonly type: 'others'; readonly inquiry: number; readonly metrics: readonly (readonly MetricSnapshot[])[] }

/** The end begins when the foreman requests it, or is gone. */
export interface Foreman extends StopRequest {
	/** This worker serves now; `metrics` tells what it counted. */
	serve(metrics: () => readonly MetricSnapshot[]): void
	/** What all others counted; none of those that do not answer in time, and nothing once the foreman is gone. */
	otherMetrics(): Promise<readonly (readonly MetricSnapshot[])[]>
}

const longestWaitMs = 2000

/**
 * While the foreman lives, signals are its business: those that reach the whole process group are ignored here. Once it is gone they stop
 * the worker as they stop a server alone.
 */
export function openForeman(stop: Stop): Foreman {
	const reloads = new Set<() => void>()
	void stop.forced.then(() => process.exit(forcedStatus))
	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
		process.on(signal, () => {
			if (!process.connected && signal !== 'SIGHUP') stop.signal()
		})
	const inquiries = new Map<number, (metrics: readonly (readonly MetricSnapshot[])[]) => void>()
	let lastInquiry = 0
	let own: () => readonly MetricSnapshot[] = () => []
	const tell = (message: WorkerMessage) => {
		if (process.connected) process.send?.(message)
	}
	process.once('disconnect', () => stop.begin())
	process.on('message', (message: ForemanMessage) => {
		switch (message.type) {
			case 'end':
				stop.begin()
				break
			case 'reload':
				for (const reload of reloads) reload()
				break
			case 'metrics':
				tell({ type: 'metrics', inquiry: message.inquiry, metrics: own() })
				break
			case 'others':
				inquiries.get(message.inquiry)?.(message.metrics)
		}
	})
	return {
		begun: stop.begun,
		onReload: (reload) => void reloads.add(reload),
		serve(metrics) {
			own = metrics
			tell({ type: 'serving' })
		},
		otherMetrics() {
			if (!process.connected) return Promise.resolve([])
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
