// Compares requests and answers with the document, for tests. Answers are compared strictly: an object of an answer has no
// field that the document does not have, unless the document says that it may.

import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { isObject } from '../chat/json.ts'
import { DialectChoice } from '../dialects/choice.ts'
import { dialects } from '../dialects/list.ts'
import { defaultDialects } from '../dialects/names.ts'
import { type ApiDocument, writeDocument } from './document.ts'

/** The document of a server with the default dialects, whose examples name this model. */
export function testDocument(model = 'echo'): Promise<ApiDocument> {
	const choice = new DialectChoice(dialects, defaultDialects)
	return writeDocument({ version: '0.0.0', dialects, choice, exampleModels: () => model })
}

export interface DocumentedOperation {
	readonly operationId: string
	readonly method: string
	readonly path: string
	/** Its path, and the others that its description has. */
	readonly addresses: readonly string[]
	/** As in the document. */
	readonly fields: Readonly<Record<string, unknown>>
}

export class DocumentValidator {
	readonly operations: readonly DocumentedOperation[]
	private readonly document: unknown
	private readonly ajv = new Ajv2020({ strict: false, validateSchema: false })
	private readonly compiled = new Map<string, ValidateFunction>()

	constructor(written: unknown) {
		addFormats(this.ajv)
		// As a client receives it.
		const document: unknown = JSON.parse(JSON.stringify(written))
		this.document = document
		this.ajv.addSchema(Object(document), 'open')
		this.ajv.addSchema(Object(closed(document)), 'strict')
		this.operations = operationsIn(document)
	}

	/** The operation at an address. @throws Error if there is none. */
	at(method: string, address: string): DocumentedOperation {
		const found = this.operations.find((one) => one.method === method && one.addresses.includes(address))
		if (found === undefined) throw new Error(`the document has no ${method} ${address}`)
		return found
	}

	/** What is wrong with a response; nothing if the document describes it. */
	answerFaults({ path, method }: DocumentedOperation, status: number, type: string, body: unknown): readonly string[] {
		const responses = ['paths', path, method.toLowerCase(), 'responses']
		const own = this.resolve([...responses, String(status)]) ?? this.resolve([...responses, 'default'])
		if (own === undefined) return [`status ${status} is not described`]
		const schema = [...own, 'content', type, 'schema']
		if (this.valueAt(schema) === undefined) return [`the content type '${type}' of ${status} is not described`]
		return this.faults('strict', schema, body)
	}

	/** What is wrong with a JSON body of a request. */
	requestFaults({ path, method }: DocumentedOperation, body: unknown): readonly string[] {
		const schema = ['paths', path, method.toLowerCase(), 'requestBody', 'content', 'application/json', 'schema']
		return this.faults('open', schema, body)
	}

	valueAt(steps: readonly string[]): unknown {
		return steps.reduce<unknown>((inner, step) => (isObject(inner) ? inner[step] : undefined), this.document)
	}

	/** The steps to an object, or to the component that it refers to; undefined if there is none. */
	resolve(steps: readonly string[]): readonly string[] | undefined {
		const value = this.valueAt(steps)
		if (value === undefined) return undefined
		const reference = isObject(value) && typeof value.$ref === 'string' ? value.$ref : undefined
		return reference === undefined ? steps : reference.slice('#/'.length).split('/')
	}

	private faults(form: 'open' | 'strict', steps: readonly string[], value: unknown): readonly string[] {
		const pointer = `${form}#/${steps.map(escaped).join('/')}`
		const validate = this.compiled.get(pointer) ?? this.ajv.compile({ $ref: pointer })
		this.compiled.set(pointer, validate)
		if (validate(value)) return []
		return (validate.errors ?? []).map(
			({ instancePath, message, params }) => `${instancePath || '/'} ${message} ${JSON.stringify(params)}`,
		)
	}
}

function operationsIn(document: unknown): readonly DocumentedOperation[] {
	const { paths } = Object(document) as { readonly paths: Readonly<Record<string, object>> }
	return Object.entries(paths).flatMap(([path, item]) =>
		Object.entries(item).map(([method, fields]: [string, Readonly<Record<string, unknown>>]) => ({
			operationId: String(fields.operationId),
			method: method.toUpperCase(),
			path,
			addresses: [path, ...addressesIn(String(fields.description))],
			fields,
		})),
	)
}

function addressesIn(description: string): readonly string[] {
	const [, others = ''] = /Also at (.+)\.$/.exec(description) ?? []
	return Array.from(others.matchAll(/`([^`]+)`/g), ([, address = '']) => address)
}

function escaped(step: string): string {
	return encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1'))
}

/** The same schemas, whose objects have no further fields. */
function closed(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(closed)
	if (!isObject(value)) return value
	const members = Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, closed(inner)]))
	const isClosed = value.type === 'object' && isObject(value.properties) && value.additionalProperties === undefined
	return isClosed ? { ...members, additionalProperties: false } : members
}
