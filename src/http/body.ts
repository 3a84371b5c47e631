// Reads a request's body as JSON or as a form, within its limits: bytes and time here, contents by json-bounds.ts and
// form-bounds.ts. It is independent of dialects: failures are ChatErrors.

import { ChatError } from '../chat/error.ts'
import { parseJson } from '../chat/json-text.ts'
import { Sweep, type Timed } from '../system/sweep.ts'
import { checkForm, hasMoreFields } from './form-bounds.ts'
import { type BoundedField, checkJson, hasMoreValues, type JsonBounds } from './json-bounds.ts'
import { defaultBounds, type RequestBounds } from './request-bounds.ts'

export interface BodyLimits {
	/** Maximum size of a body, in bytes. */
	readonly maxBytes: number
	/** Timeout for receiving the whole body, in milliseconds. */
	readonly timeoutMs: number
	/** Maximum nesting of arrays and objects. */
	readonly maxDepth: number
	/** The defaults if absent. */
	readonly bounds?: RequestBounds | undefined
}

/** Fields and files. */
export type Form = Awaited<ReturnType<Response['formData']>>

/** Each throws a ChatError for a body that is invalid, too large or too late. */
export interface BodyReader {
	/**
	 * @throws ChatError `too-large`, `request-timeout`, `unsupported` for a compressed body, `invalid-request` for a
	 * body that is not UTF-8, not JSON or beyond a bound of its contents, `cancelled` if the client disconnected.
	 */
	json(request: Request): Promise<unknown>
	/** The same, or undefined if the body is empty. */
	optionalJson(request: Request): Promise<unknown>
	/** `multipart/form-data` or `application/x-www-form-urlencoded`. */
	form(request: Request): Promise<Form>
}

/** Reads the bodies of one server's requests. @param fields the bounds of the fields of a body. */
export function bodyReader(limits: BodyLimits, fields: BoundedField = {}): BodyReader {
	const arriving = new Sweep(limits.timeoutMs)
	const bounds = limits.bounds ?? defaultBounds
	const json: JsonBounds = { bounds, fields, maxDepth: limits.maxDepth }
	const parse = (bytes: Uint8Array) => {
		if (hasMoreValues(bytes, bounds.jsonValues)) throw tooManyValues(bounds)
		const value = parseBody(bytes)
		checkJson(value, json)
		return value
	}
	return {
		json: async (request) => parse(await readBytes(request, limits, arriving)),
		async optionalJson(request) {
			const bytes = await readBytes(request, limits, arriving)
			return bytes.byteLength === 0 ? undefined : parse(bytes)
		},
		form: (request) => readForm(request, limits, arriving, json),
	}
}

/** @throws ChatError like `BodyReader.json`; `invalid-request` for a body that is not a form. */
async function readForm(request: Request, limits: BodyLimits, arriving: Sweep, json: JsonBounds): Promise<Form> {
	const type = request.headers.get('content-type') ?? ''
	const bytes = await readBytes(request, limits, arriving)
	if (hasMoreFields(bytes, type, json.bounds.formFields)) throw tooManyFields(json.bounds)
	const form = await parseForm(bytes, type)
	checkForm(form, json)
	return form
}

async function parseForm(bytes: Uint8Array, type: string): Promise<Form> {
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

function readBytes(request: Request, limits: BodyLimits, arriving: Sweep): Promise<Uint8Array> {
	const encoding = request.headers.get('content-encoding')
	if (encoding !== null && encoding !== 'identity')
		throw new ChatError(
			'unsupported',
			`Request bodies with content-encoding '${encoding.slice(0, 40)}' are not supported.`,
			{ code: 'unsupported_encoding' },
		)
	const declared = Number(request.headers.get('content-length') ?? Number.NaN)
	if (declared > limits.maxBytes) throw tooLarge(limits)
	const reading = declared >= 0 ? request.bytes() : readBounded(request, limits)
	return new PendingBody(reading, limits, arriving).bytes
}

/** Counts the bytes of a body without a declared length as they arrive. */
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

/** A pending body, which resolves or rejects within the timeout whatever the client does. */
class PendingBody implements Timed {
	/** @throws ChatError */
	readonly bytes: Promise<Uint8Array>
	private readonly untilMs: number
	private readonly refuse: (error: ChatError) => void

	constructor(reading: Promise<Uint8Array>, limits: BodyLimits, arriving: Sweep) {
		const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
		this.bytes = promise
		this.refuse = (error) => {
			arriving.delete(this)
			reject(error)
		}
		this.untilMs = performance.now() + limits.timeoutMs
		arriving.add(this)
		reading.then(
			(bytes) => {
				if (bytes.byteLength > limits.maxBytes) return this.refuse(tooLarge(limits))
				arriving.delete(this)
				resolve(bytes)
			},
			(thrown: unknown) => this.refuse(thrown instanceof ChatError ? thrown : cutOff(thrown)),
		)
	}

	check(nowMs: number): void {
		if (nowMs > this.untilMs)
			this.refuse(new ChatError('request-timeout', 'The body of your request did not arrive in time.'))
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
	return new ChatError('too-large', `Maximum request body size ${limits.maxBytes} bytes exceeded.`)
}

function tooManyValues({ jsonValues }: RequestBounds): ChatError {
	return new ChatError(
		'too-large',
		`The JSON body of your request has more than ${jsonValues} values (limits.jsonValues).`,
	)
}

function tooManyFields({ formFields }: RequestBounds): ChatError {
	return new ChatError(
		'too-large',
		`The form in the body of your request has more than ${formFields} fields (limits.formFields).`,
	)
}
