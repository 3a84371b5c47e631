// Telemetry that records nothing, for the standalone engine and for tests.

import type { RequestObserver } from './observer.ts'
import type { Telemetry } from './telemetry.ts'

const nothing: Readonly<Record<string, string>> = {}

/** Ignores every event. */
export const silentObserver: RequestObserver = { observe: () => undefined, traceHeaders: () => nothing }

export const silentTelemetry: Telemetry = {
	begin: () => silentObserver,
	metrics: async () => ({ contentType: 'text/plain', body: '' }),
	close: async () => undefined,
}
