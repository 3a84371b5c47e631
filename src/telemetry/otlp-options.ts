// What the configuration may say of OpenTelemetry.

import { z } from 'zod'
import { milliseconds } from '../fields/duration.ts'
import { headers, httpUrl } from '../fields/text.ts'
import { baseUrlProblem, hasCredentials, isHttpUrl } from '../http/base-url.ts'

export const otlpOptions = z
	.strictObject({
		endpoint: httpUrl()
			.superRefine((url, context) => {
				// What is no URL at all has its own sentence.
				const problem = isHttpUrl(url) ? baseUrlProblem(url) : undefined
				if (problem !== undefined) context.addIssue({ code: 'custom', message: problem })
			})
			.meta({ examples: ['http://127.0.0.1:4318'] })
			.describe(
				'A collector that takes OTLP over HTTP, as http://127.0.0.1:4318; `/v1/traces` and `/v1/metrics` are added to its path.',
			),
		headers: headers().default({}).describe('Headers for the collector, as an API key.'),
		traces: z.boolean().default(true).describe('Send a span for each request and each try on an upstream.'),
		metrics: z.boolean().default(true).describe('Send the metrics of the GenAI semantic conventions.'),
		sampleRatio: z
			.number()
			.min(0)
			.max(1)
			.default(1)
			.describe('Share of traces begun here that are sent; those begun by a caller follow the caller.'),
		intervalMs: milliseconds(100, 3_600_000).default(15_000).describe('Time between two deliveries of metrics.'),
		serviceName: z.string().min(1).default('dragoman').describe('`service.name` of what is sent.'),
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
	.describe('OpenTelemetry, sent over OTLP/HTTP; off where absent.')

export type OtlpOptions = z.infer<typeof otlpOptions>
