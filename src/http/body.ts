// Reads a request's body as JSON or as a form, within its limits: bytes and time here, contents by json-bounds.ts and
// form-bounds.ts. It is independent of dialects: failures are ChatErrors.

import { ChatError } from '../chat/error.ts'
import { parseJson } from '../chat/json-text.ts'
import { Occupancy } from '../system/occupancy.ts'
import { Sweep, type Timed } from '../system/sweep.ts'
import { BodyMemory, type HeldBody } from './body-memory.ts'
import { checkForm, hasMoreFields } from './form-bounds.ts'
import type { HttpRequest } from './http-request.ts'
import { type BoundedField, checkJson, checkJsonText, type JsonBounds } from './json-bounds.ts'
import { defaultBounds, type RequestBounds } from './request-bounds.ts'

export interface BodyLimits {
	/** Maximum size of a body, in bytes. */
	readonly maxBytes: number
	/** Timeout between two reads of a body, in milliseconds. */
	readonly timeoutMs: number
	/** Timeout for receiving the whole body, in milliseconds; none if absent. */
	readonly totalTimeoutMs?: number | undefined
	/** Maximum size of all bodies that are being received, in bytes; unlimited if absent. */
	readonly memoryBytes?: number | undefined
	/** Maximum nesting of arrays and objects. */
	readonly maxDepth: number
	/** The defaults if absent. */
	readonly bounds?: RequestBounds | undefined
}

/** Fields and files. */
export type Form = Awaited<ReturnType<Response['formData']>>

/**
 * Each throws a ChatError for a body that is invalid, too large or too late. `owner` identifies the caller: if the bodies
 * of all callers need too much memory, one of the caller with the largest share is refused.
 */
export interface BodyReader {
	/**
	 * @throws ChatError `too-large`, `request-timeout`, `unsupported` for a compressed body, `invalid-request` for a
	 * body that is not UTF-8, not JSON or beyond a bound of its contents, `overloaded` if the bodies of all callers need
	 * too much memory, `cancelled` if the client disconnected.
	 */
	json(request: HttpRequest, owner?: string): Promise<unknown>
	/** The same, or undefined if the body is empty. */
	optionalJson(request: HttpRequest, owner?: string): Promise<unknown>
	/** `multipart/form-data` or `application/x-www-form-urlencoded`. */
	form(request: HttpRequest, owner?: string): Promise<Form>
}

/**
 * Reads the bodies of one server's requests.
 *
 * @param fields the bounds of the fields of a body.
 * @param occupancy in which large bodies take turns.
 */
export function bodyReader(
	limits: BodyLimits,
	fields: BoundedField = {},
	occupancy: Occupancy = new Occupancy(),
): BodyReader {
	const reading = {
		limits,
		arriving: new Sweep(limits.timeoutMs),
		memory: new BodyMemory(limits.memoryBytes ?? Number.POSITIVE_INFINITY),
		occupancy,
	}
	const bounds = limits.bounds ?? defaultBounds
	const json: JsonBounds = { bounds, fields, maxDepth: limits.maxDepth }
	const parse = (bytes: Uint8Array) => {
		checkJsonText(bytes, json)
		const value = parseBody(bytes)
		checkJson(value, json)
		return value
	}
	return {
		async json(request, owner) {
			const bytes = await readBytes(request, owner, reading)
			await takeTurn(bytes, request, owner, reading)
			return parse(bytes)
		},
		async optionalJson(request, owner) {
			const bytes = await readBytes(request, owner, reading)
			await takeTurn(bytes, request, owner, reading)
			return bytes.byteLength === 0 ? undefined : parse(bytes)
		},
		form: (request, owner) => readForm(request, owner, reading, json),
	}
}

/** Shared by the bodies of one server. */
interface BodyReading {
	readonly limits: BodyLimits
	readonly arriving: Sweep
	readonly memory: BodyMemory
	/** Of the event loop by bodies that take long to parse and to answer. */
	readonly occupancy: Occupancy
}

/** Bodies of this size take their turn, in bytes: smaller ones occupy the event loop for a few milliseconds. */
const longBytes = 262_144

/** @throws ChatError like `BodyReader.json`; `invalid-request` for a body that is not a form. */
async function readForm(
	request: HttpRequest,
	owner: string | undefined,
	reading: BodyReading,
	json: JsonBounds,
): Promise<Form> {
	const type = request.headers.get('content-type') ?? ''
	const bytes = await readBytes(request, owner, reading)
	await takeTurn(bytes, request, owner, reading)
	if (hasMoreFields(bytes, type, json.bounds.formFields)) throw tooManyFields(json.bounds)
	const form = await parseForm(bytes, type)
	checkForm(form, json)
	return form
}

/**
 * Resolves when a large body may be parsed. While it waits it is in memory, like a body that is being received.
 *
 * @throws ChatError `overloaded`, `cancelled`
 */
async function takeTurn(
	{ byteLength }: Uint8Array,
	{ signal }: HttpRequest,
	owner = '',
	{ memory, occupancy }: BodyReading,
): Promise<void> {
	if (byteLength < longBytes) return
	const turn = occupancy.enter(['', owner])
	if (turn === undefined) return
	const refused = Promise.withResolvers<never>()
	const waiting: HeldBody = { owner, heldBytes: byteLength, refuse: refused.reject }
	const cancel = () => refused.reject(cutOff(signal.reason))
	signal.addEventListener('abort', cancel)
	memory.add(waiting, byteLength)
	try {
		await Promise.race([turn.begins, refused.promise])
	} finally {
		turn.cancel()
		memory.delete(waiting)
		signal.removeEventListener('abort', cancel)
	}
}

async function parseForm(bytes: Uint8Array, type: string): Promise<Form> {
	try {
		return await new Response(bytes as Uint8Array<ArrayBuffer>, { headers: { 'content-type': type } }).formData()
	} catch (cause) {
		throw new ChatError(
			'invalid-request',
			'We could not read the form in the body of your request. (HINT: send multipart/form-data with its boundary.)',
			{ cause },
		)
	}
}

async function readBytes(request: HttpRequest, owner: string | undefined, reading: BodyReading): Promise<Uint8Array> {
	const { limits } = reading
	const encoding = request.headers.get('content-encoding')
	if (encoding !== null && encoding !== 'identity')
		throw new ChatError(
			'unsupported',
			`Request bodies with content-encoding '${encoding.slice(0, 40)}' are not supported.`,
			{ code: 'unsupported_encoding' },
		)
	const declared = Number(request.headers.get('content-length') ?? Number.NaN)
	if (declared > limits.maxBytes) throw tooLarge(limits)
	const { arrived } = request
	if (arrived === undefined) return new PendingBody(request, owner, reading).bytes
	if (arrived.byteLength > limits.maxBytes) throw tooLarge(limits)
	return arrived
}

/** A pending body, which resolves or rejects within the timeouts whatever the client does. */
class PendingBody implements Timed, HeldBody {
	/** @throws ChatError */
	readonly bytes: Promise<Uint8Array>
	readonly owner: string
	heldBytes = 0
	private readonly reading: BodyReading
	private readonly beganMs = performance.now()
	private lastMs = this.beganMs
	private pieces: Uint8Array[] = []
	private readonly outcome = Promise.withResolvers<Uint8Array>()
	private over = false

	constructor(request: HttpRequest, owner: string | undefined, reading: BodyReading) {
		this.owner = owner ?? ''
		this.reading = reading
		this.bytes = this.outcome.promise
		reading.arriving.add(this)
		void this.read(request)
	}

	check(nowMs: number): void {
		const { timeoutMs, totalTimeoutMs = Number.POSITIVE_INFINITY } = this.reading.limits
		if (nowMs - this.lastMs > timeoutMs || nowMs - this.beganMs > totalTimeoutMs)
			this.refuse(new ChatError('request-timeout', 'The body of your request did not arrive in time.'))
	}

	refuse(error: ChatError): void {
		if (this.over) return
		this.end()
		this.outcome.reject(error)
	}

	private async read(request: HttpRequest): Promise<void> {
		const { limits, memory } = this.reading
		try {
			for await (const piece of request.body ?? []) {
				this.lastMs = performance.now()
				this.heldBytes += piece.byteLength
				if (this.heldBytes > limits.maxBytes) this.refuse(tooLarge(limits))
				if (this.over) return
				this.pieces.push(piece)
				memory.add(this, piece.byteLength)
				if (this.over) return
			}
			const bytes = Buffer.concat(this.pieces)
			this.end()
			this.outcome.resolve(bytes)
		} catch (thrown) {
			this.refuse(cutOff(thrown))
		}
	}

	private end(): void {
		this.over = true
		this.pieces = []
		this.reading.arriving.delete(this)
		this.reading.memory.delete(this)
	}
}

function cutOff(cause: unknown): ChatError {
	return new ChatError('cancelled', 'The request ended before its body was complete.', { cause })
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })

function parseBody(bytes: Uint8Array): unknown {
	let text: string | undefined
	try {
		text = utf8.decode(bytes)
		return parseJson(text)
	} catch (cause) {
		if (text === undefined)
			throw new ChatError(
				'invalid-request',
				'We could not parse the JSON body of your request. (HINT: it is not valid UTF-8.)',
				{ cause },
			)
		const hint = text.trim() === '' ? 'the body is empty' : 'check quotes, commas and brackets'
		throw new ChatError(
			'invalid-request',
			`We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly; ${hint}.)`,
			{ cause },
		)
	}
}

function tooLarge(limits: BodyLimits): ChatError {
	return new ChatError('too-large', `Maximum request body size ${limits.maxBytes} bytes exceeded.`, {
		setting: 'limits.bodyBytes',
	})
}

function tooManyFields({ formFields }: RequestBounds): ChatError {
	return new ChatError(
		'too-large',
		`The form in the body of your request has more than ${formFields} fields (limits.formFields).`,
		{ setting: 'limits.formFields' },
	)
}
