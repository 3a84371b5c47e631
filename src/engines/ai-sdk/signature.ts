// The metadata that a provider requires back with its reasoning and tool calls, stored as one opaque string. It is keyed by the
// provider's name, so that other providers of the same engine ignore it.

import { isObject, type JsonObject } from '../../chat/json.ts'
import type { ReasoningSignature } from '../../chat/message.ts'
import type { ProviderOptions } from './specification.ts'

const wire = 'ai-sdk'

/** @returns undefined if `metadata` is empty. */
export function writeSignature(metadata: unknown): ReasoningSignature | undefined {
	if (!isObject(metadata)) return undefined
	const entries = Object.entries(metadata).filter(
		([, value]) => isObject(value) && Object.values(value).some(isPresent),
	)
	return entries.length === 0 ? undefined : { wire, value: JSON.stringify(Object.fromEntries(entries)) }
}

/** @returns undefined for a signature of another wire format. */
export function readSignature(proof: ReasoningSignature): ProviderOptions | undefined {
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

function isPresent(value: unknown): boolean {
	return value !== null && value !== undefined
}
