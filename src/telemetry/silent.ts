// Telemetry that records nothing, for the standalone engine and for tests.

import type { AttemptRecord, RequestContext, RequestRecord, Telemetry } from './telemetry.ts'

const attempt: AttemptRecord = { traceHeaders: {}, end: () => undefined }

export const silentTelemetry: Telemetry = {
	wantsContent: false,
	begin: (arrival: RequestContext): RequestRecord => ({ arrival, piece: () => undefined, attempt: () => attempt }),
	end: () => undefined,
	metrics: async () => ({ contentType: 'text/plain', body: '' }),
	close: async () => undefined,
}
