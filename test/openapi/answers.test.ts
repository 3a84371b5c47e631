// Every operation of the document, called at a real server with the document's own examples: each answer, each event of a
// stream and each error is what the document says. An answer has no field that the document does not have.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { isObject } from '../../src/chat/json.ts'
import {
	type DocumentedOperation,
	DocumentValidator,
	testDocument,
} from '../../src/openapi/document-validator.testing.ts'
import { at, eventsOf } from '../dialect-clients/dialect-client.ts'
import { startServer, type TestServer } from '../server.ts'
import { parametersFor } from './resources.ts'

/** Of a model with a tokenizer, which echo has not. */
const upstream = Bun.serve({
	port: 0,
	hostname: '127.0.0.1',
	fetch: ({ url }) =>
		Response.json(url.endsWith('/detokenize') ? { prompt: 'Hi' } : { count: 1, tokens: [7], token_strs: ['Hi'] }),
})
const config = `
models:
  echo: { route: [echo] }
  tokens: { route: [tokens] }
upstreams:
  echo: { engine: echo }
  tokens: { engine: openai-compatible, preset: vllm, url: '${upstream.url}v1' }
`

let server: TestServer
let validator: DocumentValidator
beforeAll(async () => {
	server = await startServer({ config })
	validator = new DocumentValidator(await (await fetch(`${server.url}/openapi.json`)).json())
})
afterAll(async () => {
	await server.stop()
	await upstream.stop(true)
})

/** The tests are named before the server runs; its document has the same operations. */
const { operations } = new DocumentValidator(await testDocument())

const required: Readonly<Record<string, string>> = { start_time: '1800000000' }

interface CallOptions {
	readonly key?: string
	/** Instead of the example. */
	readonly body?: string
	readonly stream?: boolean
}

async function call(operation: DocumentedOperation, options: CallOptions = {}): Promise<Response> {
	const { path, method } = operation
	const parameters = await parametersFor(server, path)
	const own = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(parameters[name] ?? name))
	// The server streams a share by its own id.
	const target = path.endsWith('/shares/{id}') ? own.replace(/[^/]+$/, parameters.share ?? '') : own
	const key = options.key ?? server.key
	const body = options.body === undefined ? exampleOf(operation, options.stream) : options.body
	const headers = {
		...(key === '' ? {} : { authorization: `Bearer ${key}` }),
		...(typeof body === 'string' ? { 'content-type': 'application/json' } : {}),
	}
	return fetch(server.url + target + queryOf(operation), { method, headers, body })
}

function queryOf({ fields }: DocumentedOperation): string {
	const parameters = Array.isArray(fields.parameters) ? fields.parameters : []
	const needed = parameters.filter((parameter) => parameter.in === 'query' && parameter.required === true)
	return `?${needed.map(({ name }) => `${name}=${required[name]}`).join('&')}`
}

function exampleOf({ path, method }: DocumentedOperation, stream?: boolean): string | FormData | undefined {
	const content = validator.valueAt(['paths', path, method.toLowerCase(), 'requestBody', 'content'])
	if (!isObject(content)) return undefined
	const [[type, media] = ['', {}]] = Object.entries(content)
	const { example, schema } = media as { readonly example?: Readonly<Record<string, unknown>>; readonly schema: object }
	const model = path.endsWith('tokenize') ? 'tokens' : example?.model
	if (type === 'application/json') return JSON.stringify({ ...example, model, stream })
	const form = new FormData()
	for (const [name, property] of Object.entries(Object(at(schema, 'properties')))) {
		const value = at(property, 'examples', 0)
		if (value !== undefined) form.set(name, String(value))
	}
	form.set('file', new File(['sound'], 'a.wav', { type: 'audio/wav' }))
	return form
}

/** What the document does not say of the response. */
async function faultsOf(operation: DocumentedOperation, response: Response): Promise<readonly string[]> {
	const type = (response.headers.get('content-type') ?? '').replace(/;.*/, '')
	const text = await response.text()
	if (response.status === 204) return operation.fields.responses !== undefined && text === '' ? [] : [text]
	if (type !== 'text/event-stream') {
		const body = type === 'application/json' ? JSON.parse(text) : text
		return validator.answerFaults(operation, response.status, type, body)
	}
	const events = eventsOf(text).data.filter((data) => data !== '[DONE]')
	expect(events.length).toBeGreaterThan(0)
	return events.flatMap((data) => validator.answerFaults(operation, response.status, type, JSON.parse(data)))
}

const isRefused = ({ fields }: DocumentedOperation) =>
	!Object.keys(Object(fields.responses)).some((status) => /^[12]/.test(status))
const isSocket = ({ fields }: DocumentedOperation) => 'x-websocket' in fields
const hasContent = ({ fields }: DocumentedOperation, type: string) =>
	JSON.stringify(fields.responses).includes(`"${type}"`)
const called = operations.filter((operation) => !isSocket(operation))

describe('an operation', () => {
	for (const operation of called)
		test(`${operation.method} ${operation.path} answers as the document says`, async () => {
			const response = await call(operation)
			expect({ status: response.status < 300, faults: await faultsOf(operation, response) }).toEqual({
				status: !isRefused(operation),
				faults: [],
			})
		})

	for (const operation of called.filter(({ fields }) => 'requestBody' in fields))
		if (hasContent(operation, 'text/event-stream'))
			test(`${operation.method} ${operation.path} streams as the document says`, async () => {
				const response = await call(operation, { stream: true })
				expect(response.headers.get('content-type')).toStartWith('text/event-stream')
				expect(await faultsOf(operation, response)).toEqual([])
			})
})

describe('an error', () => {
	const securityOf = ({ fields: { security } }: DocumentedOperation): readonly object[] =>
		Array.isArray(security) ? security : [{ default: [] }]
	const isOptional = (operation: DocumentedOperation) =>
		securityOf(operation).some((one) => Object.keys(one).length === 0)
	for (const operation of called.filter((one) => securityOf(one).length > 0 && !isOptional(one)))
		test(`of ${operation.method} ${operation.path} without a key is in the document`, async () => {
			const response = await call(operation, { key: '' })
			expect([401, 403]).toContain(response.status)
			expect(Object.keys(Object(operation.fields.responses))).toContain(String(response.status))
			expect(await faultsOf(operation, response)).toEqual([])
		})

	test('of an operation that needs no key is in the document if the key is wrong', async () => {
		const statuses = new Map<string, number>()
		for (const operation of called.filter(isOptional)) {
			const response = await call(operation, { key: `${server.key}x` })
			statuses.set(operation.path, response.status)
			expect(Object.keys(Object(operation.fields.responses))).toContain(String(response.status))
			await response.body?.cancel()
		}
		// The metrics are for every client on this machine.
		expect(Object.fromEntries(statuses)).toEqual({ '/metrics': 200, '/v1/page': 401 })
	})

	for (const operation of called.filter(({ fields }) => 'requestBody' in fields && !isFormBody(fields)))
		test(`of ${operation.method} ${operation.path} with a wrong body is in the document`, async () => {
			for (const body of ['7', '{', '{"model": 7, "metadata": 7, "name": 7, "message": 7}']) {
				const response = await call(operation, { body })
				expect(response.status).toBeWithin(400, 500)
				expect(Object.keys(Object(operation.fields.responses))).toContain(String(response.status))
				expect(await faultsOf(operation, response)).toEqual([])
			}
		})
})

function isFormBody({ requestBody }: Readonly<Record<string, unknown>>): boolean {
	return JSON.stringify(requestBody).includes('multipart/form-data')
}
