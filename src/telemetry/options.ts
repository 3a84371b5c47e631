// Configuration of telemetry.

import { z } from 'zod'
import { headerSecret } from '../fields/text.ts'
import { isAddressRange } from '../http/addresses.ts'
import { otlpOptions } from './otlp-options.ts'

export const telemetryOptions = z
	.strictObject({
		metrics: z
			.enum(['restricted', 'open', 'off'])
			.default('restricted')
			.describe(
				'Who may read the Prometheus metrics at /metrics: `restricted` needs an admin key or `metricsToken`, except on this machine and from `metricsFrom`; `open` is for anyone who can reach the server; `off` serves none.',
			),
		metricsToken: headerSecret(16)
			.optional()
			.describe('Bearer token for /metrics, at least 16 characters. Default: only admin keys are accepted.'),
		metricsFrom: z
			.array(z.string().refine(isAddressRange, 'must be an IP address or a CIDR range, such as 10.0.0.0/8 or ::1'))
			.default([])
			.describe('Clients that read /metrics without a key: IP addresses and CIDR ranges.'),
		requests: z.boolean().default(true).describe('Whether each request has a line in the log.'),
		otlp: otlpOptions.optional(),
		content: z.boolean().default(false).describe('Whether these lines contain prompts and completions.'),
	})
	.prefault({})
	.describe('Request log, metrics and traces.')

export type TelemetryOptions = z.infer<typeof telemetryOptions>
