// Which weights a caller wants: an id of the catalogue or a source URI becomes a file name, a pin and a list of
// sources. It performs no I/O.

import { nearest } from '../system/nearest.ts'
import type { CatalogueEntry } from './catalogue.ts'
import { isSourceUri, readSourceUri, type SourceUri } from './sources/source.ts'
import type { Pin } from './weights-assembly.ts'
import { WeightsError } from './weights-error.ts'

/** Weights to be fetched, by id or by URI. */
export interface WeightsRequest {
	readonly id: string
	readonly file: string
	readonly pin: Pin
	readonly sources: readonly SourceUri[]
}

/** @throws WeightsError if the argument is neither an id of the catalogue nor a source URI. */
export function resolveRequest(idOrUri: string, catalogue: readonly CatalogueEntry[]): WeightsRequest {
	const entry = catalogue.find(({ id }) => id === idOrUri)
	if (entry !== undefined)
		return {
			id: entry.id,
			file: entry.file,
			pin: { sizeBytes: entry.sizeBytes, sha256: entry.sha256 },
			sources: entry.sources.map(readSourceUri),
		}
	if (!isSourceUri(idOrUri))
		throw new WeightsError(
			`Unknown model '${idOrUri}'${suggestion(idOrUri, catalogue)}. Known models: ${catalogue.map(({ id }) => id).join(', ')}. The URI of a GGUF file is accepted too.`,
		)
	const uri = readUri(idOrUri)
	const id = uri.file
		.toLowerCase()
		.replace(/\.gguf$/, '')
		.replace(/[^a-z0-9._-]+/g, '-')
		.replace(/^[.-]+/, '')
	if (id === '' || catalogue.some((known) => known.id === id))
		throw new WeightsError(
			`'${uri.file}' maps to the id '${id}', which ${id === '' ? 'is empty' : 'is already in use'}: rename the file.`,
		)
	return { id, file: `${id}.gguf`, pin: uri.sha256 === undefined ? {} : { sha256: uri.sha256 }, sources: [uri] }
}

function suggestion(id: string, catalogue: readonly CatalogueEntry[]): string {
	const meant = nearest(
		id,
		catalogue.map((entry) => entry.id),
	)
	return meant === undefined ? '' : ` (did you mean '${meant}'?)`
}

function readUri(text: string): SourceUri {
	try {
		return readSourceUri(text)
	} catch (cause) {
		throw new WeightsError(cause instanceof Error ? cause.message : String(cause), { cause })
	}
}
