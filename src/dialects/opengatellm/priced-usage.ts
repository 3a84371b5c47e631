// Writes usage as OpenGateLLM reports it in every answer: OpenAI's counts, with their cost and their environmental
// impact. OpenGateLLM has had several formats; all of them are included.

import type { Usage } from '../../chat/usage.ts'
import { costMicros } from '../../ledger/entry.ts'
import type { Price } from '../../routing/model.ts'
import { writeUsage } from '../../wire/openai/usage-writer.ts'

/** Kilowatt hours and kilograms of CO2 equivalent. */
interface Impacts {
	readonly kWh: number
	readonly kgCO2eq: number
}

/** Not estimated here: the values that OpenGateLLM reports for models of unknown size. */
export const unknownImpacts: Impacts = { kWh: 0, kgCO2eq: 0 }

export interface PricedUsage {
	readonly usage: Usage
	readonly price: Price | undefined
	/** The id of the answer. */
	readonly id: string
	/** The public name. */
	readonly model: string
}

export function writePricedUsage({ usage, price, id, model }: PricedUsage) {
	const cost = price === undefined ? 0 : costMicros(price, usage) / 1_000_000
	const counts = { ...writeUsage(usage), cost }
	const { prompt_tokens, completion_tokens, total_tokens } = counts
	const carbon = writeCarbon(unknownImpacts)
	return {
		...counts,
		impacts: unknownImpacts,
		carbon,
		// Model calls: no search precedes them.
		requests: 1,
		details: [{ id, model, usage: { prompt_tokens, completion_tokens, total_tokens, cost, carbon } }],
	}
}

/** The older format, with bounds. */
export function writeCarbon({ kWh, kgCO2eq }: Impacts) {
	return { kWh: { min: kWh, max: kWh }, kgCO2eq: { min: kgCO2eq, max: kgCO2eq } }
}
