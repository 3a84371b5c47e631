// Writes what an answer cost and how long it took. An extension of OpenAI's API: it contains only what is known.

import { z } from 'zod'
import type { JsonObject } from '../../chat/json.ts'
import { restFor } from '../../chat/rest.ts'
import type { Usage } from '../../chat/usage.ts'
import type { AnswerMetrics } from '../../conversations/conversation.ts'
import { field, numberField } from '../json/fields.ts'
import { openaiWire } from './formats.ts'

export const metricsSchema = z.object({
	cost: z.number().optional().describe('By the price of the model when it answered.'),
	currency: z.string().optional().describe('An ISO 4217 code.'),
	carbon_grams: z.number().optional().describe('Grams of CO₂ equivalent, as the upstream estimates them.'),
	first_token_ms: z.number().optional().describe('Of a stream: from the receipt of the request to the first output.'),
	output_ms: z.number().optional().describe('Of a stream: from the first output to the last.'),
})

/** @returns undefined if nothing is known. */
export function writeMetrics(usage: Usage | undefined, metrics: AnswerMetrics = {}): JsonObject | undefined {
	const { costMicros, currency, firstTokenMs, outputMs } = metrics
	const fields = {
		cost: costMicros === undefined ? undefined : costMicros / 1_000_000,
		currency,
		carbon_grams: usage === undefined ? undefined : carbonGramsOf(usage),
		first_token_ms: firstTokenMs,
		output_ms: outputMs,
	}
	return Object.values(fields).every((value) => value === undefined) ? undefined : fields
}

/**
 * The estimate that OpenGateLLM and Albert report with usage, in one of two formats: a number in `impacts`, or bounds in
 * `carbon`, whose middle counts. 0 means that it is unknown.
 */
function carbonGramsOf({ rest }: Usage): number | undefined {
	const { impacts, carbon } = restFor(openaiWire, rest)
	const bounds = field(carbon, 'kgCO2eq')
	const middle = ((numberField(bounds, 'min') ?? 0) + (numberField(bounds, 'max') ?? 0)) / 2
	const kilograms = numberField(impacts, 'kgCO2eq') || middle
	return kilograms > 0 ? Number((kilograms * 1000).toPrecision(6)) : undefined
}
