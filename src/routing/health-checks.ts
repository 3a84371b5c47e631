// Active health checks: each upstream is probed periodically. The probe is a parameter.

import { ChatError, descriptorsCode } from '../chat/error.ts'
import type { Clock } from '../system/clock.ts'
import type { HealthOptions } from './options.ts'
import type { UpstreamEndpoint } from './upstream-endpoint.ts'

export interface CheckedEndpoint {
	readonly endpoint: UpstreamEndpoint
	readonly options: HealthOptions
	/** Rejects if the upstream is unhealthy. */
	readonly probe: (signal: AbortSignal) => Promise<void>
}

export interface HealthCheckContext {
	readonly clock: Clock
	/** Uniform in [0, 1): spreads the first checks of many processes. */
	readonly random: () => number
	/** Called when an upstream becomes unhealthy or recovers, with the reason of the last failed check. */
	readonly changed: (endpoint: UpstreamEndpoint, reason: unknown) => void
}

export class HealthChecks {
	private readonly closing = new AbortController()

	constructor(endpoints: readonly CheckedEndpoint[], deps: HealthCheckContext) {
		for (const checked of endpoints) void this.watch(checked, deps).catch(() => undefined)
	}

	/** Starts no further checks and aborts running ones. */
	close(): void {
		this.closing.abort()
	}

	private async watch(checked: CheckedEndpoint, { clock, random, changed }: HealthCheckContext): Promise<void> {
		const { endpoint, options } = checked
		const { signal } = this.closing
		let inRow = 0
		for (let first = true; !signal.aborted; first = false) {
			await clock.sleep(first ? random() * Math.min(1000, options.intervalMs) : options.intervalMs, signal)
			const failure = await this.check(checked)
			if (signal.aborted) return
			// No file descriptor was left to connect, so the check has no result.
			if (failure instanceof ChatError && failure.code === descriptorsCode) continue
			const agrees = (failure === undefined) === endpoint.healthy
			inRow = agrees ? 0 : inRow + 1
			if (inRow < (endpoint.healthy ? options.unhealthyAfter : options.healthyAfter)) continue
			inRow = 0
			endpoint.healthy = !endpoint.healthy
			changed(endpoint, failure)
		}
	}

	/** @returns why the upstream is unhealthy; undefined if it is healthy. */
	private async check({ options, probe }: CheckedEndpoint): Promise<unknown> {
		try {
			await probe(AbortSignal.any([this.closing.signal, AbortSignal.timeout(options.timeoutMs)]))
			return undefined
		} catch (thrown) {
			return thrown ?? new Error('the health check failed')
		}
	}
}
