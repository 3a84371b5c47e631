// The metadata that a provider requires back with the parts of its answers, stored as one opaque value. It is keyed by
// the provider's name, so that other providers of the same engine ignore it.

import { isObject, type Json, type JsonObject } from '../../chat/json.ts'
import type { Signature } from '../../chat/message.ts'
import type { Rest } from '../../chat/rest.ts'
import type { ProviderOptions } from './specification.ts'

/** Labels what only this engine understands. */
export const aiSdkWire = 'ai-sdk'

/** By the provider's name. */
export type ProviderMetadata = Readonly<Record<string, unknown>>

/** The metadata of reasoning or a call. @returns undefined if it is empty. */
export function writeSignature(metadata: ProviderMetadata, origin: string | undefined): Signature | undefined {
	const own = presentMetadata(metadata)
	return own === undefined ? undefined : { wire: aiSdkWire, value: JSON.stringify(own), origin }
}

export function readSignature(signature: Signature | undefined): ProviderOptions | undefined {
	if (signature === undefined) return undefined
	try {
		return optionsOf(JSON.parse(signature.value))
	} catch {
		return undefined
	}
}

/** The metadata of a part that has no signature. @returns undefined if it is empty. */
export function writeMetadata(metadata: ProviderMetadata, origin: string | undefined): Rest | undefined {
	const values = presentMetadata(metadata)
	return values === undefined ? undefined : { wire: aiSdkWire, fields: { metadata: { origin, values } } }
}

/** @param origin the service and model of the request. Metadata of others is left out. */
export function readMetadata(rest: Rest | undefined, origin: string | undefined): ProviderOptions | undefined {
	const metadata = rest?.fields.metadata
	return isObject(metadata) && metadata.origin === origin ? optionsOf(metadata.values) : undefined
}

/** Merges two levels: the provider's name, and its fields. */
export function mergeMetadata(before: ProviderMetadata, after: unknown): ProviderMetadata {
	if (!isObject(after)) return before
	const merged = { ...before }
	for (const [name, value] of Object.entries(after)) {
		const earlier = merged[name]
		merged[name] = isObject(earlier) && isObject(value) ? { ...earlier, ...value } : value
	}
	return merged
}

/** The providers with a field that has a value; undefined if there are none. */
function presentMetadata(metadata: ProviderMetadata): JsonObject | undefined {
	const entries = Object.entries(metadata as Readonly<Record<string, Json>>).filter(
		([, value]) => isObject(value) && Object.values(value).some((field) => field !== null && field !== undefined),
	)
	return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

function optionsOf(value: unknown): ProviderOptions | undefined {
	if (!isObject(value)) return undefined
	const named = Object.entries(value).filter((entry): entry is [string, JsonObject] => isObject(entry[1]))
	return Object.fromEntries(named)
}
