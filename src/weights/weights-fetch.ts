// Downloads one part into a file and resumes where an earlier attempt stopped, within one process and across processes. It does not
// unpack, and has no knowledge of models.

import { open, readFile, rm, stat, writeFile } from 'node:fs/promises'
import type { Clock } from '../system/clock.ts'
import type { DownloadPart } from './sources/download-part.ts'
import { RefusedError, type RemoteBytes, readRemote, stallMs } from './sources/remote-file.ts'

export interface FetchOptions {
	readonly clock: Clock
	readonly signal: AbortSignal
	/** Timeout for the first response, in milliseconds. */
	readonly timeoutMs: number
	/** Called as bytes arrive, with the number of bytes received of the part and its total, once known. */
	readonly onBytes: (receivedBytes: number, totalBytes: number | undefined) => void
	/** Validates the first bytes of the part before the rest is fetched; throws to reject them. */
	readonly inspect: (start: Uint8Array) => void
}

/** State that must be unchanged for the bytes of an earlier attempt to be reusable. */
interface PartState {
	readonly place: string
	readonly version?: string
	readonly totalBytes?: number
}

/** Consecutive attempts without progress after which a source that did respond fails. */
const maxTriesWithoutProgress = 5
/** The same for a source that closed the connection without a response. */
const maxTriesWithoutResponse = 3
const firstPauseMs = 500

/** @throws Error if the part cannot be fetched. Received bytes stay in `file` for the next call. */
export async function fetchPart(part: DownloadPart, file: string, options: FetchOptions): Promise<void> {
	if (part.from.type === 'local') return copyPart(part.from.path, file, options)
	let answered = false
	let triesWithoutProgress = 0
	while (true) {
		const before = await sizeOf(file)
		const onAnswer = () => {
			answered = true
		}
		try {
			if (
				await fetchOnce({ part, remote: part.from.file, onAnswer }, file, {
					...options,
					timeoutMs: answered ? stallMs : options.timeoutMs,
				})
			)
				return
			triesWithoutProgress = (await sizeOf(file)) > before ? 0 : triesWithoutProgress + 1
			if (triesWithoutProgress >= maxTriesWithoutProgress)
				throw new Error(`the connection failed ${triesWithoutProgress} times in a row without progress`)
		} catch (thrown) {
			options.signal.throwIfAborted()
			triesWithoutProgress = (await sizeOf(file)) > before ? 0 : triesWithoutProgress + 1
			const mostTries = answered ? maxTriesWithoutProgress : isReset(thrown) ? maxTriesWithoutResponse : 0
			if (triesWithoutProgress >= mostTries || !isTransient(thrown)) throw thrown
		}
		await options.clock.sleep(firstPauseMs * 2 ** triesWithoutProgress, options.signal)
	}
}

interface FetchAttempt {
	readonly part: DownloadPart
	readonly remote: Extract<DownloadPart['from'], { type: 'remote' }>['file']
	/** Called when the server has responded. */
	readonly onAnswer: () => void
}

/** Whether the part is complete after one connection. */
async function fetchOnce(
	{ part, remote, onAnswer }: FetchAttempt,
	file: string,
	options: FetchOptions,
): Promise<boolean> {
	const earlier = await readState(file, locationOf(part))
	let have = earlier === undefined ? 0 : await sizeOf(file)
	const total = part.lengthBytes ?? earlier?.totalBytes
	if (total !== undefined && have === total && have > 0) return true
	if (total !== undefined && have > total) have = 0
	const answer = await readRemote(remote, {
		signal: options.signal,
		timeoutMs: options.timeoutMs,
		fromByte: part.fromByte + have > 0 || part.lengthBytes !== undefined ? part.fromByte + have : undefined,
		lengthBytes: part.lengthBytes === undefined ? undefined : part.lengthBytes - have,
	})
	onAnswer()
	if (part.fromByte > 0 && answer.fromByte !== part.fromByte + have)
		throw new Error(`${new URL(answer.url).host} stopped supporting range requests`)
	const resumes = answer.fromByte === part.fromByte + have && isSameFile(answer, earlier)
	if (have > 0 && !resumes) {
		await rm(file, { force: true })
		await rm(stateFile(file), { force: true })
		if (answer.fromByte !== 0) return false
		have = 0
	}
	const expected = part.lengthBytes ?? answer.totalBytes
	await writeState(file, part, answer)
	await append(answer.bytes, file, have, { ...options, onBytes: (received) => options.onBytes(received, expected) })
	const received = await sizeOf(file)
	if (expected !== undefined && received > expected) {
		await rm(file, { force: true })
		throw new Error(`${new URL(answer.url).host} sent more bytes than it announced`)
	}
	return expected === undefined || received === expected
}

async function append(
	bytes: AsyncIterable<Uint8Array>,
	file: string,
	have: number,
	options: FetchOptions,
): Promise<void> {
	const handle = await open(file, have === 0 ? 'w' : 'a')
	let received = have
	try {
		for await (const chunk of bytes) {
			options.signal.throwIfAborted()
			if (received === 0) options.inspect(chunk)
			await handle.appendFile(chunk)
			received += chunk.byteLength
			options.onBytes(received, undefined)
		}
	} finally {
		await handle.close()
	}
}

async function copyPart(path: string, file: string, options: FetchOptions): Promise<void> {
	const { size } = await stat(path)
	const bytes = Bun.file(path).stream()
	await append(bytes, file, 0, { ...options, onBytes: (received) => options.onBytes(received, size) })
}

/** Connection failures, which a new connection may not have; not a refusal, a full disk or invalid content. */
function isTransient(thrown: unknown): boolean {
	if (thrown instanceof RefusedError) return thrown.status >= 500 || thrown.status === 429
	return !(thrown instanceof UnexpectedContentError) && !isDiskFull(thrown)
}

function isReset(thrown: unknown): boolean {
	return typeof thrown === 'object' && thrown !== null && 'code' in thrown && thrown.code === 'ECONNRESET'
}

/** The bytes are not the expected ones: a retry returns the same. */
export class UnexpectedContentError extends Error {
	override readonly name = 'UnwantedError'
}

export function isDiskFull(thrown: unknown): boolean {
	return (
		typeof thrown === 'object' &&
		thrown !== null &&
		'code' in thrown &&
		(thrown.code === 'ENOSPC' || thrown.code === 'EDQUOT')
	)
}

/** Size of a file in bytes, 0 if it does not exist. */
export async function sizeOf(file: string): Promise<number> {
	try {
		return (await stat(file)).size
	} catch {
		return 0
	}
}

/** Removes a part and its stored state. */
export async function discardPart(file: string): Promise<void> {
	await rm(file, { force: true })
	await rm(stateFile(file), { force: true })
}

function isSameFile(answer: RemoteBytes, earlier: PartState | undefined): boolean {
	if (earlier?.version !== undefined && answer.version !== undefined && earlier.version !== answer.version) return false
	return (
		earlier?.totalBytes === undefined || answer.totalBytes === undefined || earlier.totalBytes === answer.totalBytes
	)
}

/** The location of the part, without credentials. The URL alone does not identify it: package indexes sign theirs anew each time. */
function locationOf(part: DownloadPart): string {
	if (part.from.type === 'local') return part.from.path
	const { host, pathname } = new URL(part.from.file.url)
	return `${host}${pathname}:${part.fromByte}+${part.lengthBytes ?? ''}`
}

function stateFile(file: string): string {
	return `${file}.json`
}

async function readState(file: string, place: string): Promise<PartState | undefined> {
	try {
		const state = JSON.parse(await readFile(stateFile(file), 'utf8')) as PartState
		return state.place === place ? state : undefined
	} catch {
		return undefined
	}
}

async function writeState(file: string, part: DownloadPart, { version, totalBytes }: RemoteBytes): Promise<void> {
	const fullLength = part.lengthBytes === undefined ? totalBytes : undefined
	const state: PartState = {
		place: locationOf(part),
		version,
		totalBytes: fullLength,
	}
	await writeFile(stateFile(file), JSON.stringify(state))
}
