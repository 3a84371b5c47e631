// Configuration of OpenTelemetry.

import { z } from 'zod'
import { milliseconds } from '../fields/duration.ts'
import { headers, httpUrl } from '../fields/text.ts'
import { hasCredentials } from '../http/base-url.ts'

export const otlpOptions = z
	.strictObject({
		endpoint: httpUrl()
			.meta({ examples: ['http://127.0.0.1:4318'] })
			.describe(
				'URL of a collector for OTLP over HTTP, such as http://127.0.0.1:4318; `/v1/traces` and `/v1/metrics` are appended to its path.',
			),
		headers: headers().default({}).describe('Headers for the collector, such as an API key.'),
		traces: z
			.boolean()
			.default(true)
			.describe('Whether to send a span for each request and for each attempt on an upstream.'),
		metrics: z.boolean().default(true).describe('Whether to send the metrics of the GenAI semantic conventions.'),
		sampleRatio: z
			.number()
			.min(0)
			.max(1)
			.default(1)
			.describe(
				'Fraction of the traces started by the server that are sent; for traces started by a caller, the sampling decision of the caller applies.',
			),
		intervalMs: milliseconds(100, 3_600_000).default(15_000).describe('Export interval of metrics, in milliseconds.'),
		serviceName: z.string().min(1).default('dragoman').describe('`service.name` of spans and metrics.'),
	})
	.superRefine(({ endpoint, headers }, context) => {
		if (hasCredentials(endpoint) && Object.keys(headers).some((name) => name.toLowerCase() === 'authorization'))
			context.addIssue({
				code: 'custom',
				path: ['endpoint'],
				message:
					'the URL has a user name and password, and there is `headers.authorization` as well: remove one of them',
			})
	})
	.describe('OpenTelemetry export over OTLP/HTTP; disabled if absent.')

export type OtlpOptions = z.infer<typeof otlpOptions>
