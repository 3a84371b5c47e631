// Telemetry of a process that nobody watches: the engine's own, and tests.

import type { Arrival, AttemptRecord, RequestRecord, Telemetry } from './telemetry.ts'

const attempt: AttemptRecord = { traceHeaders: {}, end: () => undefined }

export const silentTelemetry: Telemetry = {
	wantsContent: false,
	begin: (arrival: Arrival): RequestRecord => ({ arrival, piece: () => undefined, attempt: () => attempt }),
	end: () => undefined,
	metrics: async () => ({ contentType: 'text/plain', body: '' }),
	close: async () => undefined,
}
