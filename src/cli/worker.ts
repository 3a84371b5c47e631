// The supervisor of several processes that serve the same address, from the view of one of these workers.

import type { MetricSnapshot } from '../telemetry/metric.ts'
import { forcedStatus, type Stop } from './stop.ts'
import type { StopRequest } from './stop-request.ts'

/** A message from a worker to the primary process. */
export type WorkerMessage =
	| { readonly type: 'serving' }
	/** Its own metrics, in response to the request with this number. */
	| { readonly type: 'metrics'; readonly request: number; readonly metrics: readonly MetricSnapshot[] }
	/** Requests the metrics of all other workers. */
	| { readonly type: 'others'; readonly request: number }

/** A message from the primary process to a worker. */
export type PrimaryMessage =
	/** Shut down gracefully. */
	| { readonly type: 'end' }
	/** Reload the configuration. */
	| { readonly type: 'reload' }
	| { readonly type: 'metrics'; readonly request: number }
	| { readonly type: 'others'; readonly request: number; readonly metrics: readonly (readonly MetricSnapshot[])[] }

/** Shutdown begins when the primary process requests it, or exits. */
export interface Primary extends StopRequest {
	/** Reports that this worker is serving; `metrics` returns its metrics. */
	serve(metrics: () => Promise<readonly MetricSnapshot[]>): void
	/**
	 * The metrics of all other workers. Workers that do not respond in time are omitted; empty if the primary process has
	 * exited.
	 */
	otherMetrics(): Promise<readonly (readonly MetricSnapshot[])[]>
}

const longestWaitMs = 2000

/**
 * While the primary process is running, it handles signals: those that reach the whole process group are ignored here.
 * After it exits, signals stop the worker like a standalone server.
 */
export function connectPrimary(stop: Stop): Primary {
	const reloads = new Set<() => void>()
	void stop.forced.then(() => process.exit(forcedStatus))
	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
		process.on(signal, () => {
			if (!process.connected && signal !== 'SIGHUP') stop.signal()
		})
	const pending = new Map<number, (metrics: readonly (readonly MetricSnapshot[])[]) => void>()
	let lastRequest = 0
	let own: () => Promise<readonly MetricSnapshot[]> = () => Promise.resolve([])
	const send = (message: WorkerMessage) => {
		if (process.connected) process.send?.(message)
	}
	process.once('disconnect', () => stop.begin())
	process.on('message', (message: PrimaryMessage) => {
		switch (message.type) {
			case 'end':
				stop.begin()
				break
			case 'reload':
				for (const reload of reloads) reload()
				break
			case 'metrics':
				void own().then((metrics) => send({ type: 'metrics', request: message.request, metrics }))
				break
			case 'others':
				pending.get(message.request)?.(message.metrics)
		}
	})
	return {
		started: stop.started,
		onReload: (reload) => void reloads.add(reload),
		serve(metrics) {
			own = metrics
			send({ type: 'serving' })
		},
		otherMetrics() {
			if (!process.connected) return Promise.resolve([])
			const request = ++lastRequest
			return new Promise((resolve) => {
				const end = (metrics: readonly (readonly MetricSnapshot[])[]) => {
					clearTimeout(timeout)
					pending.delete(request)
					resolve(metrics)
				}
				const timeout = setTimeout(end, longestWaitMs, [])
				pending.set(request, end)
				send({ type: 'others', request })
			})
		},
	}
}
