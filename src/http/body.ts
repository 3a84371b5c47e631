// Reads a request's body as JSON or as a form, within its limits: bytes and time here, contents by json-bounds.ts and
// form-bounds.ts. It is independent of dialects: failures are ChatErrors. Long because the body that arrives, its turn and its parsing share
// the limits and the memory of one server.

import { ChatError } from '../chat/error.ts'
import { decodeInSteps, parseJson, parseJsonInSteps } from '../chat/json-text.ts'
import type { SharePath } from '../system/fair-queue.ts'
import { Occupancy } from '../system/occupancy.ts'
import { resumable, type Steps } from '../system/resumable.ts'
import { Sweep, type Timed } from '../system/sweep.ts'
import { BodyMemory, type HeldBody } from './body-memory.ts'
import { checkForm, contentTypeOf, hasMoreFields, readFormEncoding } from './form-bounds.ts'
import type { HttpRequest } from './http-request.ts'
import { type BoundedField, checkJson, checkJsonText, checkJsonTextInSteps, type JsonBounds } from './json-bounds.ts'
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
 * of all callers need too much memory, one of the caller with the largest share is refused. Long bodies are parsed in
 * steps, in the turns of `caller`.
 */
export interface BodyReader {
	/**
	 * @throws ChatError `too-large`, `request-timeout`, `unsupported` for a compressed body, `invalid-request` for a
	 * body that is not UTF-8, not JSON or beyond a bound of its contents, `overloaded` if the bodies of all callers need
	 * too much memory, `cancelled` if the client disconnected.
	 */
	json(request: HttpRequest, owner?: string, caller?: SharePath): Promise<JsonBody>
	/** The same, or undefined if the body is empty. */
	optionalJson(request: HttpRequest, owner?: string, caller?: SharePath): Promise<JsonBody>
	/** `multipart/form-data` or `application/x-www-form-urlencoded`. */
	form(request: HttpRequest, owner?: string, caller?: SharePath): Promise<Form>
}

export interface JsonBody {
	readonly value: unknown
	/** Whether work that grows with the body would occupy the event loop for more than a few milliseconds. */
	readonly isLong: boolean
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
	const readJson = async (body: ReceivedBody, request: HttpRequest, owner = '', caller: SharePath = ['', owner]) => {
		if (body.byteLength < longBytes) return { value: parse(Buffer.concat(body.pieces)), isLong: false }
		const value = await inTurns(parseInSteps(body, json), body, { request, owner, caller }, reading)
		return { value, isLong: true }
	}
	return {
		json: async (request, owner, caller) => readJson(await readBytes(request, owner, reading), request, owner, caller),
		async optionalJson(request, owner, caller) {
			const body = await readBytes(request, owner, reading)
			if (body.byteLength === 0) return { value: undefined, isLong: false }
			return readJson(body, request, owner, caller)
		},
		form: (request, owner, caller) => readForm(request, owner, caller, reading, json),
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

/** Bodies of this size are read in steps, in bytes: smaller ones occupy the event loop for a millisecond or two. */
const longBytes = 16_384

/** @throws ChatError like `BodyReader.json`; `invalid-request` for a body that is not a form. */
async function readForm(
	request: HttpRequest,
	owner = '',
	caller: SharePath = ['', owner],
	reading: BodyReading,
	json: JsonBounds,
): Promise<Form> {
	const encoding = readFormEncoding(request.headers.get('content-type') ?? '')
	const body = await readBytes(request, owner, reading)
	if (encoding === undefined) throw notForm()
	const parse = (bytes: Uint8Array) => {
		if (hasMoreFields(bytes, encoding, json.bounds.formFields)) throw tooManyFields(json.bounds)
		return parseForm(bytes, contentTypeOf(encoding))
	}
	const steps = () => joinAndParse(body, parse)
	const isLong = body.byteLength >= longBytes
	const form = await (isLong
		? inTurns(steps(), body, { request, owner, caller }, reading)
		: parse(Buffer.concat(body.pieces)))
	checkForm(form, json)
	return form
}

function* joinAndParse<Result>(
	body: ReceivedBody,
	parse: (bytes: Uint8Array) => Result,
): Generator<undefined, Result, undefined> {
	return parse(yield* joinInSteps(body))
}

/**
 * Reads a long body in the turns of its caller. While it waits it is in memory, like a body that is being received.
 *
 * @throws ChatError `overloaded`, `cancelled`, and what the steps throw.
 */
async function inTurns<Result>(
	steps: Steps<Result>,
	{ byteLength }: ReceivedBody,
	{
		request: { signal },
		owner,
		caller,
	}: { readonly request: HttpRequest; readonly owner: string; readonly caller: SharePath },
	{ memory, occupancy }: BodyReading,
): Promise<Awaited<Result>> {
	const ended = new AbortController()
	const held: HeldBody = { owner, heldBytes: byteLength, refuse: (error) => ended.abort(error) }
	const cancel = () => ended.abort(cutOff(signal.reason))
	if (signal.aborted) cancel()
	else signal.addEventListener('abort', cancel)
	const running = occupancy.run(caller, steps, ended.signal)
	memory.add(held, byteLength)
	try {
		return await running
	} finally {
		memory.delete(held)
		signal.removeEventListener('abort', cancel)
	}
}

/** @throws ChatError */
function* parseInSteps(body: ReceivedBody, json: JsonBounds): Generator<undefined, unknown, undefined> {
	const bytes = yield* joinInSteps(body)
	yield* checkJsonTextInSteps(bytes, json)
	let value: unknown
	try {
		value = yield* parseJsonInSteps(bytes)
	} catch (cause) {
		throw yield* parseError(bytes, cause)
	}
	yield* resumable(() => checkJson(value, json))
	return value
}

/** The same error as that of a short body: first of all, a text must be UTF-8. */
function* parseError(bytes: Uint8Array, cause: unknown): Generator<undefined, ChatError, undefined> {
	try {
		return notJson((yield* decodeInSteps(bytes)).trim() === '', cause)
	} catch (thrown) {
		return notText(thrown)
	}
}

async function parseForm(bytes: Uint8Array, type: string): Promise<Form> {
	try {
		return await new Response(bytes as Uint8Array<ArrayBuffer>, { headers: { 'content-type': type } }).formData()
	} catch (cause) {
		throw notForm(cause)
	}
}

function notForm(cause?: unknown): ChatError {
	return new ChatError(
		'invalid-request',
		'We could not read the form in the body of your request. (HINT: send multipart/form-data with its boundary.)',
		{ cause },
	)
}

/** The bytes of a body as they arrived: copying many of them together takes long. */
interface ReceivedBody {
	readonly pieces: readonly Uint8Array[]
	readonly byteLength: number
}

/** Bytes that are copied in one step. */
const copiedBytes = 262_144

function* joinInSteps({ pieces, byteLength }: ReceivedBody): Generator<undefined, Uint8Array, undefined> {
	const [first] = pieces
	if (first !== undefined && pieces.length === 1) return first
	const bytes = Buffer.allocUnsafe(byteLength)
	let [at, copied] = [0, 0]
	for (const piece of pieces) {
		bytes.set(piece, at)
		at += piece.byteLength
		copied += piece.byteLength
		if (copied < copiedBytes) continue
		copied = 0
		yield
	}
	return bytes
}

async function readBytes(request: HttpRequest, owner: string | undefined, reading: BodyReading): Promise<ReceivedBody> {
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
	if (arrived === undefined) return new PendingBody(request, owner, reading).received
	if (arrived.byteLength > limits.maxBytes) throw tooLarge(limits)
	return { pieces: [arrived], byteLength: arrived.byteLength }
}

/** A pending body, which resolves or rejects within the timeouts whatever the client does. */
class PendingBody implements Timed, HeldBody {
	/** @throws ChatError */
	readonly received: Promise<ReceivedBody>
	readonly owner: string
	heldBytes = 0
	private readonly reading: BodyReading
	private readonly beganMs = performance.now()
	private lastMs = this.beganMs
	private pieces: Uint8Array[] = []
	private readonly outcome = Promise.withResolvers<ReceivedBody>()
	private over = false

	constructor(request: HttpRequest, owner: string | undefined, reading: BodyReading) {
		this.owner = owner ?? ''
		this.reading = reading
		this.received = this.outcome.promise
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
			const { pieces, heldBytes } = this
			this.end()
			this.outcome.resolve({ pieces, byteLength: heldBytes })
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
		throw text === undefined ? notText(cause) : notJson(text.trim() === '', cause)
	}
}

function notText(cause: unknown): ChatError {
	return new ChatError(
		'invalid-request',
		'We could not parse the JSON body of your request. (HINT: it is not valid UTF-8.)',
		{ cause },
	)
}

function notJson(isEmpty: boolean, cause: unknown): ChatError {
	const hint = isEmpty ? 'the body is empty' : 'check quotes, commas and brackets'
	return new ChatError(
		'invalid-request',
		`We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly; ${hint}.)`,
		{ cause },
	)
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
