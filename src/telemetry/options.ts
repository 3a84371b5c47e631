// Configuration of telemetry.

import { z } from 'zod'
import { otlpOptions } from './otlp-options.ts'

export const telemetryOptions = z
	.strictObject({
		metrics: z
			.enum(['open', 'off'])
			.default('open')
			.describe('`open` serves Prometheus metrics at /metrics to anyone who can reach the server; `off` serves none.'),
		requests: z.boolean().default(true).describe('Whether each request has a line in the log.'),
		otlp: otlpOptions.optional(),
		content: z.boolean().default(false).describe('Whether these lines contain prompts and completions.'),
	})
	.prefault({})
	.describe('Request log, metrics and traces.')

export type TelemetryOptions = z.infer<typeof telemetryOptions>
