// What the configuration may say of telemetry.

import { z } from 'zod'
import { otlpOptions } from './otlp-options.ts'

export const telemetryOptions = z
	.strictObject({
		metrics: z
			.enum(['open', 'off'])
			.default('open')
			.describe('`open` serves Prometheus metrics at /metrics to anyone who can reach the server; `off` serves none.'),
		requests: z.boolean().default(true).describe('One line in the log for each request.'),
		otlp: otlpOptions.optional(),
		content: z.boolean().default(false).describe('Prompts and answers in these lines.'),
	})
	.prefault({})
	.describe('What the server tells of its work.')

export type TelemetryOptions = z.infer<typeof telemetryOptions>
