// The options of the embedded engine in the configuration. It does not know how a model is installed or started
// (startup.ts).

import { z } from 'zod'
import { bytes, tokenCount } from '../../fields/amount.ts'
import { milliseconds } from '../../fields/duration.ts'

export const embeddedModelOptions = z.strictObject({
	contextTokens: tokenCount(64)
		.optional()
		.describe(
			'Context window in tokens, prompt and answer together; at most the context that the model was trained for.',
		),
	maxTokens: z
		.int()
		.min(1)
		.optional()
		.describe('Maximum answer length in tokens for requests that set none; 512 by default.'),
	repetition: z
		.enum(['stop', 'off'])
		.default('stop')
		.describe('Whether an answer in a repetition loop is stopped, with finish reason `length`.'),
	parallel: z.int().min(1).max(256).optional().describe('Maximum number of answers generated concurrently.'),
	queue: z
		.int()
		.min(1)
		.max(10_000)
		.optional()
		.describe('Maximum number of queued requests; further requests are rejected with 503.'),
	threads: z.int().min(1).max(1024).optional().describe('CPU threads; all cores by default.'),
	gpu: z.enum(['auto', 'cuda', 'vulkan', 'metal', 'off']).default('auto').describe('Which installed GPU build to use.'),
	startTimeoutMs: milliseconds(1000, 86_400_000)
		.default(600_000)
		.describe('Time in which the model must be loaded, in milliseconds; then its process is ended and started again.'),
	startMemory: bytes(67_108_864)
		.optional()
		.describe(
			'Memory that the process may use until the model is loaded, without the file itself, in bytes; 90 % of the memory of the machine or container by default. Checked on Linux.',
		),
})

export type EmbeddedModelOptions = z.infer<typeof embeddedModelOptions>
