// What a provider wants to see again with its thoughts and calls: its metadata, kept as one opaque text. It stands under the provider's
// name, so that another provider behind the same engine passes over it.

import type { JsonObject } from '../../chat/json.ts'
import type { Proof } from '../../chat/message.ts'
import { isObject } from '../../wire/openai/fields.ts'
import type { ProviderOptions } from './specification.ts'

const wire = 'ai-sdk'

/** @returns undefined where `metadata` says nothing. */
export function writeProof(metadata: unknown): Proof | undefined {
	if (!isObject(metadata)) return undefined
	const said = Object.entries(metadata).filter(([, value]) => isObject(value) && Object.values(value).some(isSaid))
	return said.length === 0 ? undefined : { wire, value: JSON.stringify(Object.fromEntries(said)) }
}

/** @returns undefined for a proof of another wire. */
export function readProof(proof: Proof): ProviderOptions | undefined {
	if (proof.wire !== wire) return undefined
	try {
		const value: unknown = JSON.parse(proof.value)
		if (!isObject(value)) return undefined
		const named = Object.entries(value).filter((entry): entry is [string, JsonObject] => isObject(entry[1]))
		return Object.fromEntries(named)
	} catch {
		return undefined
	}
}

function isSaid(value: unknown): boolean {
	return value !== null && value !== undefined
}
