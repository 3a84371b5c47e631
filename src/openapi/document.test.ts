import { describe, expect, test } from 'bun:test'
import { isObject } from '../chat/json.ts'
import { DialectChoice } from '../dialects/choice.ts'
import { dialects } from '../dialects/list.ts'
import { defaultDialects } from '../dialects/names.ts'
import { writeDocument } from './document.ts'
import { DocumentValidator, testDocument } from './document-validator.testing.ts'

const document = await testDocument()
const validator = new DocumentValidator(document)
const { operations } = validator

describe('every route', () => {
	for (const { name, mount, prefixes, routes, sockets = [] } of dialects)
		test(`of ${name} is in the document, at each of its own addresses`, () => {
			const known = new Set(operations.flatMap(({ method, addresses }) => addresses.map((one) => `${method} ${one}`)))
			const own = [...routes, ...sockets.map(({ path }) => ({ method: 'GET', path }))]
			const missing = own.flatMap(({ method, path }) =>
				prefixes.map((prefix) => `${method} ${mount}${prefix}${path}`).filter((address) => !known.has(address)),
			)
			expect(missing).toEqual([])
		})

	test('is in the document once', () => {
		const ids = operations.map(({ operationId }) => operationId)
		expect(new Set(ids).size).toBe(ids.length)
		for (const id of ids) expect(id).toMatch(/^[a-z][A-Za-z0-9]+$/)
	})

	test('has a summary, a tag of the document, and a response', () => {
		const tags = new Set((document.tags as readonly { readonly name: string }[]).map(({ name }) => name))
		for (const { fields } of operations) {
			expect(fields.summary).toBeString()
			expect(tags).toContain(String([fields.tags].flat()[0]))
			expect(Object.keys(Object(fields.responses)).length).toBeGreaterThan(0)
		}
	})
})

test('a path that several dialects have belongs to the one that answers there', async () => {
	const tagAt = (paths: unknown, path: string) => Reflect.get(Object(paths), path)?.post?.tags
	expect(tagAt(document.paths, '/v1/chat/completions')).toEqual(['OpenAI'])
	expect(tagAt(document.paths, '/opengatellm/v1/chat/completions')).toEqual(['OpenGateLLM'])
	const choice = new DialectChoice(dialects, { ...defaultDialects, v1: 'opengatellm' })
	const other = await writeDocument({ version: '0', dialects, choice, exampleModels: () => 'm' })
	expect(tagAt(other.paths, '/v1/chat/completions')).toEqual(['OpenGateLLM'])
	expect(tagAt(other.paths, '/chat/completions')).toEqual(['Aleph Alpha'])
})

test('the events of streams are in the document, for every operation whose body can request one', () => {
	const streaming = operations.filter((operation) => {
		const path = ['paths', operation.path, operation.method.toLowerCase(), 'requestBody', 'content', 'application/json']
		const body = validator.resolve([...path, 'schema'])
		return body !== undefined && isObject(validator.valueAt([...body, 'properties', 'stream']))
	})
	const refused = ({ fields }: (typeof operations)[number]) =>
		Object.keys(Object(fields.responses)).every((one) => one >= '3')
	expect(streaming.length).toBeGreaterThan(8)
	// Their bodies are those of other operations.
	const unary = /Count\w*Tokens$|CompactResponse$/
	expect(
		streaming
			.filter(
				(one) =>
					!refused(one) &&
					!unary.test(one.operationId) &&
					!JSON.stringify(one.fields.responses).includes('"text/event-stream"'),
			)
			.map(({ operationId }) => operationId),
	).toEqual([])
})

test('every example of a request is valid', () => {
	const withExamples = operations.flatMap((operation) => {
		const content = validator.valueAt([
			...['paths', operation.path, operation.method.toLowerCase(), 'requestBody', 'content', 'application/json'],
		])
		return isObject(content) ? [{ operation, example: content.example }] : []
	})
	expect(withExamples.length).toBeGreaterThan(40)
	for (const { operation, example } of withExamples)
		expect([operation.operationId, ...validator.requestFaults(operation, example)]).toEqual([operation.operationId])
})

test('every reference has a target, and every component is referred to', () => {
	const text = JSON.stringify(document)
	const references = new Set(Array.from(text.matchAll(/"\$ref":"#\/([^"]+)"/g), ([, path = '']) => path))
	const missing = [...references].filter((path) => validator.valueAt(path.split('/')) === undefined)
	expect(missing).toEqual([])
	const { securitySchemes: _, ...components } = document.components
	const names = Object.entries(components).flatMap(([kind, members]) =>
		Object.keys(Object(members)).map((name) => `components/${kind}/${name}`),
	)
	expect(names.filter((name) => !references.has(name))).toEqual([])
})

test('no large schema is in the document twice', () => {
	const seen = new Map<string, number>()
	const visit = (value: unknown): void => {
		if (typeof value !== 'object' || value === null) return
		if (isObject(value) && ('properties' in value || 'anyOf' in value || 'oneOf' in value)) {
			const text = JSON.stringify(value)
			if (text.length > 3000) seen.set(text, (seen.get(text) ?? 0) + 1)
		}
		for (const inner of Object.values(value)) visit(inner)
	}
	visit(document)
	expect([...seen].filter(([, count]) => count > 1).map(([text]) => text.slice(0, 200))).toEqual([])
})

test('a field that is set before a body is read need not be sent', () => {
	const operation = validator.at('POST', '/egp/v4/chat-completions')
	expect(validator.requestFaults(operation, { model: 'm', messages: [{ content: 'Hello!' }] })).toEqual([])
	expect(validator.requestFaults(operation, { model: 'm', messages: [{ role: 'other', content: 'x' }] })).not.toEqual(
		[],
	)
})

test('rules that are not in the form of a type are in the document', () => {
	const operation = validator.at('POST', '/openai/v1/chat/completions')
	const body = { model: 'm', messages: [{ role: 'user', content: 'Hello!' }] }
	const pairs = Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`k${index}`, 'v']))
	expect(validator.requestFaults(operation, { ...body, seed: 7, metadata: { a: 'b' } })).toEqual([])
	for (const wrong of [{ seed: 1.5 }, { metadata: pairs }, { metadata: { a: 'x'.repeat(513) } }])
		expect(validator.requestFaults(operation, { ...body, ...wrong })).not.toEqual([])
	const response = validator.at('POST', '/openai/v1/responses')
	expect(validator.requestFaults(response, { model: 'm', input: 'x', metadata: pairs })).not.toEqual([])
	const tools = [{ type: 'function', function: { name: 'f', parameters: [] } }]
	expect(validator.requestFaults(operation, { ...body, tools })).not.toEqual([])
	const message = validator.at('POST', '/anthropic/v1/messages')
	const unknown = { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: [{ type: 'web_block', x: 1 }] }] }
	expect(validator.requestFaults(message, unknown)).toEqual([])
})
