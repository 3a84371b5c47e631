// What every response must be, whatever the request was: below 500 unless a cause is documented, an error in the form of a
// dialect, and free of what belongs to the server: keys, files, stack traces.

import { join } from 'node:path'
import type { DialectSample } from '../../src/dialects/dialect-sample.testing.ts'
import { dialects } from '../../src/dialects/list.ts'
import type { Exchanged } from './exchange.ts'

/** Kinds of errors of the server that are not its fault; `x-dragoman-error` has them. */
const documented: ReadonlySet<string> = new Set(['overloaded', 'unavailable'])

/** Text that only the server can have written into a body. */
const leaks: readonly (readonly [what: string, form: RegExp])[] = [
	['a stack trace', /\n\s+at \S+|\.ts:\d+/],
	['a path of the machine', /\/(?:proc|home|root|var|work|tmp)\/\w|node_modules/],
	['the database', /SQLITE_|sqlite3?\b|SELECT .* FROM|constraint failed|UNIQUE constraint/],
	[
		'an internal type',
		/\b(?:TypeError|RangeError|ReferenceError|SyntaxError|ZodError|undefined is not)\b|\[object Object\]/,
	],
]

type ErrorReader = (body: unknown) => unknown

export class Verdicts {
	private readonly secrets: readonly string[]
	private readonly readers: ReadonlyMap<string, ErrorReader>

	private constructor(secrets: readonly string[], readers: ReadonlyMap<string, ErrorReader>) {
		this.secrets = secrets
		this.readers = readers
	}

	/** @param secrets that no body may contain. */
	static async open(secrets: readonly string[]): Promise<Verdicts> {
		const readers = new Map<string, ErrorReader>()
		for (const { name } of dialects) {
			const file = join(import.meta.dir, '..', '..', 'src', 'dialects', name, `${name}.contract.ts`)
			const { sample }: { sample: DialectSample } = await import(file)
			readers.set(name, sample.readError)
		}
		return new Verdicts(secrets, readers)
	}

	/**
	 * @param dialect whose error it must be; undefined if the request does not determine one.
	 * @param sent the request, whose own text may be in the response.
	 * @returns what is wrong with the response, if anything.
	 */
	check(exchanged: Exchanged, dialect: string | undefined, sent: string): string | undefined {
		switch (exchanged.type) {
			case 'hang':
				return `no complete response although later requests were answered; received: ${exchanged.received.slice(0, 300)}`
			case 'closed':
				return `closed without a complete response; received: ${exchanged.received.slice(0, 300)}`
			case 'malformed':
				return `not a response: ${exchanged.cause}`
			case 'response':
				return this.checkResponse(exchanged, dialect, sent)
			default:
				return exchanged satisfies never
		}
	}

	private checkResponse(
		{ head: { status, headers }, body }: Extract<Exchanged, { readonly type: 'response' }>,
		dialect: string | undefined,
		sent: string,
	): string | undefined {
		const kind = headers.get('x-dragoman-error') ?? ''
		const text = body.toString('utf8', 0, 200_000)
		const shown = `${status} ${kind} ${text.slice(0, 500)}`
		if (status >= 500 && status !== 501 && status !== 505 && !documented.has(kind)) return `a server error: ${shown}`
		if (this.secrets.some((secret) => text.includes(secret))) return `a key in the body: ${shown}`
		if (/"(?:code|kind|type)": ?"internal"/.test(text) && status !== 200) return `an internal error: ${shown}`
		if (body.length === 0) return undefined
		const isJson = headers.get('content-type')?.startsWith('application/json') === true
		if (status < 400)
			return isJson && body.length < 200_000 && parsed(text) === undefined ? `not JSON: ${shown}` : undefined
		const found = leaks.find(([, form]) => form.test(text) && !form.test(sent))
		if (found !== undefined) return `${found[0]} in an error: ${shown}`
		return this.isError(text, dialect) ? undefined : `not an error of ${dialect ?? 'any dialect'}: ${shown}`
	}

	private isError(text: string, dialect: string | undefined): boolean {
		const body = parsed(text)
		if (body === undefined) return false
		const readers = dialect === undefined ? [...this.readers.values()] : [this.readers.get(dialect)]
		return readers.some((read) => {
			const message = read?.(body)
			return typeof message === 'string' && message !== ''
		})
	}
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(text)
	} catch {
		return undefined
	}
}
