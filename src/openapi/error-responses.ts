// The responses to requests that fail, in the form of each dialect's errors: a component for each status, with an example
// that the dialect writes itself.

import { ChatError, type ChatErrorKind, chatErrorKinds } from '../chat/error.ts'
import type { Json, JsonObject } from '../chat/json.ts'
import type { OperationDescription } from '../dialects/api-description.ts'
import type { Dialect, Route } from '../dialects/dialect.ts'
import type { WrittenError } from '../dialects/writer.ts'

/** What has happened, for descriptions and examples. */
const messages: Readonly<Record<ChatErrorKind, string>> = {
	'invalid-request': 'The request is invalid.',
	'context-length-exceeded': "The conversation exceeds the model's context length.",
	unsupported: 'The request uses a feature that is not supported.',
	'too-large': 'The body exceeds the size limit.',
	'request-timeout': 'The body did not arrive in time.',
	unauthenticated: 'The request has no key.',
	'invalid-key': 'The key is unknown, expired or revoked.',
	forbidden: 'The key lacks permission.',
	'model-not-found': 'The model does not exist.',
	'wrong-operation': 'The model does not support this operation.',
	'not-found': 'The object does not exist.',
	gone: 'The operation is not offered.',
	'method-not-allowed': 'The path does not support this method.',
	conflict: 'Another request changed the object in the meantime.',
	'rate-limited': 'The caller exceeded a rate limit.',
	overloaded: 'The server is overloaded.',
	unavailable: 'The model is unavailable.',
	'upstream-timeout': 'The upstream did not respond in time.',
	'upstream-failed': 'The upstream failed.',
	cancelled: 'The request was cancelled.',
	internal: 'The server failed.',
}

/** How a request of the operation can fail. Every other failure has the default response. */
function kindsOf(route: Route | undefined, { calls, converses, query, answer }: OperationDescription) {
	const kinds: ChatErrorKind[] = ['rate-limited', 'overloaded', 'internal']
	if (route?.open !== true) kinds.push('unauthenticated', 'invalid-key', 'forbidden')
	if (answer.type === 'refused') return kinds
	if (route?.bodySchema !== undefined) kinds.push('invalid-request', 'too-large', 'request-timeout')
	if (query !== undefined) kinds.push('invalid-request')
	if (route?.path.includes('{') === true || converses === true) kinds.push('not-found')
	if (converses === true) kinds.push('conflict')
	if (calls !== undefined)
		kinds.push(
			...(['context-length-exceeded', 'unsupported', 'model-not-found', 'wrong-operation'] as const),
			...(['unavailable', 'upstream-timeout', 'upstream-failed'] as const),
		)
	return kinds
}

/** Kinds whose responses may have the header `retry-after`. */
const retried: ReadonlySet<ChatErrorKind> = new Set(['rate-limited', 'overloaded', 'unavailable'])

/** The responses of a dialect to requests that fail. */
export class ErrorResponses {
	private readonly dialect: Dialect
	private readonly prefix: string
	private readonly error: JsonObject
	private readonly referred = new Set<string>()

	/**
	 * @param prefix of the names of its components.
	 * @param error a reference to the schema of errors.
	 */
	constructor(dialect: Dialect, prefix: string, error: JsonObject) {
		this.dialect = dialect
		this.prefix = prefix
		this.error = error
	}

	/** The responses of one operation, by their statuses. @param route absent for sockets. */
	of(route: Route | undefined, operation: OperationDescription): JsonObject {
		const refusal = route === undefined ? undefined : refusalOf(route, operation)
		const kinds = [...kindsOf(route, operation), ...(refusal === undefined ? [] : [refusal.kind])]
		const statuses = new Set(kinds.map((kind) => this.write(kind).status))
		return {
			...Object.fromEntries([...statuses].map((status) => [String(status), this.refer(String(status))])),
			default: this.refer('Error'),
		}
	}

	/** The responses that operations refer to, by their names. */
	writeComponents(): JsonObject {
		const byStatus = Map.groupBy(chatErrorKinds, (kind) => String(this.write(kind).status))
		return Object.fromEntries(
			[...this.referred].map((name) => [this.prefix + name, this.writeResponse(byStatus.get(name) ?? [])]),
		)
	}

	private writeResponse(kinds: readonly ChatErrorKind[]): JsonObject {
		const examples = kinds.map((kind): [string, JsonObject] => [kind, { value: asJson(this.write(kind).body) }])
		return {
			description: kinds.length === 0 ? 'Any other failure.' : kinds.map((kind) => messages[kind]).join(' '),
			headers: {
				'x-request-id': { $ref: '#/components/headers/RequestId' },
				'x-dragoman-error': { $ref: '#/components/headers/ErrorKind' },
				'retry-after': kinds.some((kind) => retried.has(kind))
					? { $ref: '#/components/headers/RetryAfter' }
					: undefined,
			},
			content: {
				'application/json': {
					schema: this.error,
					examples: examples.length === 0 ? undefined : Object.fromEntries(examples),
				},
			},
		}
	}

	private refer(name: string): JsonObject {
		this.referred.add(name)
		return { $ref: `#/components/responses/${this.prefix}${name}` }
	}

	private write(kind: ChatErrorKind): WrittenError {
		return this.dialect.writeError(new ChatError(kind, messages[kind]))
	}
}

/** The error with which a route refuses every request; undefined if it does not. */
export function refusalOf(route: Route, { answer }: OperationDescription): ChatError | undefined {
	if (answer.type !== 'refused') return undefined
	try {
		route.read({ body: undefined, headers: new Headers(), parameters: [], query: () => new URLSearchParams() })
	} catch (thrown) {
		if (thrown instanceof ChatError) return thrown
	}
	return undefined
}

function asJson(body: unknown): Json {
	return JSON.parse(JSON.stringify(body))
}
