// A request's body read as JSON or as a form, within bounds of size, time and depth. It knows no dialect: what is wrong is said as a ChatError.

import { ChatError } from '../chat/error.ts'
import { Sweep } from '../time/sweep.ts'

export interface BodyLimits {
	/** Largest body, in bytes. */
	readonly maxBytes: number
	/** Longest wait for the whole body, in milliseconds. */
	readonly timeoutMs: number
	/** Deepest nesting of arrays and objects. */
	readonly maxDepth: number
}

/** Fields and files. */
export type Form = Awaited<ReturnType<Response['formData']>>

/** Each throws a ChatError for a body that is not what it should be, is too large, or comes too late. */
export interface BodyReader {
	json(request: Request): Promise<unknown>
	/** `multipart/form-data`, or a form's fields encoded as a URL's. */
	form(request: Request): Promise<Form>
}

/** Reads the bodies of one server's requests. */
export function bodyReader(limits: BodyLimits): BodyReader {
	const arriving = new Sweep(limits.timeoutMs)
	return {
		json: (request) => readJson(request, limits, arriving),
		form: (request) => readForm(request, limits, arriving),
	}
}

/**
 * @throws ChatError `too-large`, `request-timeout`, `unsupported` for a compressed body, `invalid-request` for what is not
 * UTF-8, not JSON or nested too deep, `cancelled` where the client hung up meanwhile.
 */
async function readJson(request: Request, limits: BodyLimits, arriving: Sweep): Promise<unknown> {
	const value = parseJson(decode(await readBytes(request, limits, arriving)))
	if (deeperThan(value, limits.maxDepth)) throw tooDeep(limits)
	return value
}

/** @throws ChatError as `readJson`, `invalid-request` for what is no form. */
async function readForm(request: Request, limits: BodyLimits, arriving: Sweep): Promise<Form> {
	const type = request.headers.get('content-type') ?? ''
	const bytes = await readBytes(request, limits, arriving)
	try {
		return await new Response(bytes, { headers: { 'content-type': type } }).formData()
	} catch (cause) {
		throw new ChatError(
			'invalid-request',
			'We could not read the form in the body of your request. (HINT: send multipart/form-data with its boundary.)',
			{ cause },
		)
	}
}

async function readBytes(request: Request, limits: BodyLimits, arriving: Sweep): Promise<Uint8Array<ArrayBufferLike>> {
	const encoding = request.headers.get('content-encoding')
	if (encoding !== null && encoding !== 'identity')
		throw new ChatError(
			'unsupported',
			`Request bodies with content-encoding '${encoding.slice(0, 40)}' are not supported.`,
			{ code: 'unsupported_encoding' },
		)
	const declared = Number(request.headers.get('content-length') ?? Number.NaN)
	if (declared > limits.maxBytes) throw tooLarge(limits)
	const bytes = await inTime(declared >= 0 ? request.bytes() : readBounded(request, limits), limits, arriving)
	if (bytes.byteLength > limits.maxBytes) throw tooLarge(limits)
	return bytes
}

function decode(bytes: Uint8Array): string {
	try {
		return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes)
	} catch (cause) {
		throw new ChatError(
			'invalid-request',
			'We could not parse the JSON body of your request. (HINT: it is not valid UTF-8.)',
			{ cause },
		)
	}
}

/** A body without a declared length is counted as it arrives. */
async function readBounded(request: Request, limits: BodyLimits): Promise<Uint8Array> {
	const chunks: Uint8Array[] = []
	let bytes = 0
	for await (const chunk of request.body ?? []) {
		bytes += chunk.byteLength
		if (bytes > limits.maxBytes) throw tooLarge(limits)
		chunks.push(chunk)
	}
	return Buffer.concat(chunks)
}

async function inTime(reading: Promise<Uint8Array>, limits: BodyLimits, arriving: Sweep): Promise<Uint8Array> {
	const arrival = new Arrival(performance.now() + limits.timeoutMs)
	arriving.add(arrival)
	try {
		return await arrival.of(reading)
	} catch (thrown) {
		if (thrown instanceof ChatError) throw thrown
		throw new ChatError('cancelled', 'The request ended before its body was complete.', { cause: thrown })
	} finally {
		arriving.delete(arrival)
	}
}

/** Rejects in time, whatever the client does. */
class Arrival {
	private readonly untilMs: number
	private readonly late = Promise.withResolvers<never>()

	constructor(untilMs: number) {
		this.untilMs = untilMs
	}

	async of(reading: Promise<Uint8Array>): Promise<Uint8Array> {
		return Promise.race([reading, this.late.promise])
	}

	check(nowMs: number): void {
		if (nowMs > this.untilMs)
			this.late.reject(new ChatError('request-timeout', 'The body of your request did not arrive in time.'))
	}
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text)
	} catch (cause) {
		const hint = text.trim() === '' ? 'the body is empty' : 'check quotes, commas and brackets'
		throw new ChatError(
			'invalid-request',
			`We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly; ${hint}.)`,
			{ cause },
		)
	}
}

/** Whether arrays and objects stand more than `levels` deep in each other; looks no deeper than that. */
export function deeperThan(value: unknown, levels: number): boolean {
	if (typeof value !== 'object' || value === null) return false
	if (levels === 0) return true
	if (Array.isArray(value)) return value.some((element) => deeperThan(element, levels - 1))
	for (const key in value) if (deeperThan(Reflect.get(value, key), levels - 1)) return true
	return false
}

function tooLarge(limits: BodyLimits): ChatError {
	return new ChatError('too-large', `Maximum request body size ${limits.maxBytes} bytes exceeded.`)
}

function tooDeep(limits: BodyLimits): ChatError {
	return new ChatError(
		'invalid-request',
		`The JSON body of your request is nested more than ${limits.maxDepth} levels deep.`,
	)
}
