// Usage as OpenGateLLM tells it in every answer: OpenAI's counts, with what they cost and what they did to the climate. It has had several
// forms; all of them are told at once.

import type { Usage } from '../../chat/usage.ts'
import { costMicros } from '../../ledger/entry.ts'
import type { Price } from '../../routing/model.ts'
import { writeUsage } from '../openai/usage-writer.ts'

/** Kilowatt hours and kilograms of CO2 equivalent. */
interface Impacts {
	readonly kWh: number
	readonly kgCO2eq: number
}

/** Not estimated here: what OpenGateLLM tells of models whose size it was not told. */
export const unknownImpacts: Impacts = { kWh: 0, kgCO2eq: 0 }

export interface Accounted {
	readonly usage: Usage
	readonly price: Price | undefined
	/** Of the answer. */
	readonly id: string
	/** The public name. */
	readonly model: string
}

export function writeAccountedUsage({ usage, price, id, model }: Accounted) {
	const cost = price === undefined ? 0 : costMicros(price, usage) / 1_000_000
	const counts = { ...writeUsage(usage), cost }
	const { prompt_tokens, completion_tokens, total_tokens } = counts
	const carbon = writeCarbon(unknownImpacts)
	return {
		...counts,
		impacts: unknownImpacts,
		carbon,
		// Calls of a model: there is no search in front of it.
		requests: 1,
		details: [{ id, model, usage: { prompt_tokens, completion_tokens, total_tokens, cost, carbon } }],
	}
}

/** The older form, with bounds. */
export function writeCarbon({ kWh, kgCO2eq }: Impacts) {
	return { kWh: { min: kWh, max: kWh }, kgCO2eq: { min: kgCO2eq, max: kgCO2eq } }
}
