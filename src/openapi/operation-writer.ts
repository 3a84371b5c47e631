// Writes one operation of the document: its parameters, its body and its responses. It does not know at which address the
// operation is.

import type { z } from 'zod'
import type { Json, JsonObject } from '../chat/json.ts'
import type { AnswerDescription, ApiDescription, OperationDescription } from '../dialects/api-description.ts'
import type { Route } from '../dialects/dialect.ts'
import type { ModelType } from '../routing/model.ts'
import { type ErrorResponses, refusalOf } from './error-responses.ts'
import { conversationParameters } from './headers.ts'
import { type SchemaComponents, writeSchema } from './schema-components.ts'

/** The names of models that examples of requests have, by the type of the model. */
export type ExampleModels = (type: ModelType) => string

export interface OperationContext {
	readonly api: ApiDescription
	/** Of the names of the dialect's components. */
	readonly prefix: string
	readonly schemas: SchemaComponents
	readonly errors: ErrorResponses
	readonly exampleModels: ExampleModels
}

export interface OperationAt {
	/** Absent for sockets. */
	readonly route?: Route | undefined
	/** With its parameters in braces. */
	readonly path: string
	/** The other addresses of the same operation. */
	readonly otherPaths: readonly string[]
}

export function writeOperation(
	operation: OperationDescription,
	{ route, path, otherPaths }: OperationAt,
	context: OperationContext,
): JsonObject {
	const { api, prefix, errors } = context
	const { name, summary, details, query, converses, answer } = operation
	const refusal = route === undefined ? undefined : refusalOf(route, operation)
	const others = otherPaths.map((other) => `\`${other}\``).join(', ')
	const texts = [details, refusal?.message, others === '' ? undefined : `Also at ${others}.`]
	return {
		operationId: `${lowerFirst(prefix)}${upperFirst(name)}`,
		tags: [api.title],
		summary,
		description: texts.filter((text) => text !== undefined).join('\n\n') || undefined,
		security: route?.open === true ? [] : securityOf(api),
		parameters: listed([
			...pathParameters(path),
			...(query === undefined ? [] : queryParameters(query)),
			...(converses === true ? Object.keys(conversationParameters).map(referParameter) : []),
		]),
		requestBody: route?.bodySchema === undefined ? undefined : writeBody(route, route.bodySchema, operation, context),
		responses: { ...writeAnswer(answer, route?.status ?? 200, operation, context), ...errors.of(route, operation) },
		'x-websocket': answer.type === 'socket' ? writeSocket(answer, operation, context) : undefined,
	}
}

/** The key in one of the headers that clients use, the dialect's own first. */
function securityOf({ credential }: ApiDescription): readonly JsonObject[] {
	const [bearer, header] = [{ bearer: [] }, { apiKey: [] }]
	return credential === 'bearer' ? [bearer, header] : [header, bearer]
}

function pathParameters(path: string): readonly JsonObject[] {
	return Array.from(path.matchAll(/\{(\w+)\}/g), ([, name = '']) => ({
		name,
		in: 'path',
		required: true,
		schema: { type: 'string' },
	}))
}

function queryParameters(query: z.ZodObject): readonly JsonObject[] {
	const { required = [] } = writeSchema(query, 'input') as { readonly required?: readonly string[] }
	return Object.entries(query.shape).map(([name, field]: [string, z.ZodType]) => {
		const { description, ...schema } = writeSchema(field, 'output')
		const isObject = schema.type === 'object'
		return {
			name,
			in: 'query',
			description,
			required: required.includes(name),
			style: isObject ? 'deepObject' : undefined,
			explode: isObject ? true : undefined,
			schema,
		}
	})
}

function referParameter(name: string): JsonObject {
	return { $ref: `#/components/parameters/${name}` }
}

function writeBody(
	route: Route,
	bodySchema: z.ZodType,
	{ name, example, calls, files }: OperationDescription,
	{ schemas, prefix, exampleModels }: OperationContext,
): JsonObject {
	const value = example?.(exampleModels(calls ?? 'text-generation'))
	if (route.body === 'form')
		return { required: true, content: { 'multipart/form-data': { schema: formSchema(bodySchema, files, value) } } }
	const schema = schemas.refer(bodySchema, `${prefix}${upperFirst(name)}Request`, 'input')
	return { required: route.body !== 'optional', content: { 'application/json': { schema, example: value } } }
}

/** @param example of its texts: the document has no example of a file. */
function formSchema(
	fields: z.ZodType,
	files: OperationDescription['files'] = {},
	example: JsonObject = {},
): JsonObject {
	const { properties, required, ...schema } = writeSchema(fields, 'input') as JsonObject & {
		readonly properties: Readonly<Record<string, JsonObject>>
		readonly required: readonly string[]
	}
	const texts = Object.entries(properties).map(([name, property]) => [
		name,
		{ ...property, examples: example[name] === undefined ? undefined : [example[name]] },
	])
	const described = Object.entries(files).map(([name, description]) => [
		name,
		{ type: 'string', format: 'binary', description },
	])
	return {
		...schema,
		properties: Object.fromEntries([...described, ...texts]),
		required: [...Object.keys(files), ...required],
	}
}

function writeAnswer(
	answer: AnswerDescription,
	status: number,
	operation: OperationDescription,
	{ schemas, prefix }: OperationContext,
): JsonObject {
	const headers = headersOf(operation)
	const named = `${prefix}${upperFirst(operation.name)}`
	switch (answer.type) {
		case 'refused':
			return {}
		case 'none':
			return { [status]: { description: 'Done.', headers } }
		case 'socket':
			return { 101: { description: 'The WebSocket is open.' } }
		case 'answer': {
			const { json, events, texts = [] } = answer
			const content: Record<string, Json> = {}
			if (json !== undefined)
				content['application/json'] = { schema: schemas.refer(json, `${named}Response`, 'output') }
			if (events !== undefined)
				content['text/event-stream'] = { schema: schemas.refer(events, `${named}Event`, 'output') }
			for (const type of texts) content[type] = { schema: { type: 'string' } }
			const description =
				events === undefined ? 'The response.' : 'The response. In a stream, the data of each event has the schema.'
			return { [status]: { description, headers, content } }
		}
		default:
			return answer satisfies never
	}
}

function headersOf({ calls, converses }: OperationDescription): JsonObject {
	return {
		'x-request-id': { $ref: '#/components/headers/RequestId' },
		...(calls === undefined ? {} : { 'x-dragoman-dropped': { $ref: '#/components/headers/Dropped' } }),
		...(converses === undefined
			? {}
			: {
					'x-dragoman-conversation': { $ref: '#/components/headers/ConversationId' },
					'x-dragoman-message': { $ref: '#/components/headers/MessageId' },
					'x-dragoman-truncated': { $ref: '#/components/headers/Truncated' },
					'x-dragoman-stream': { $ref: '#/components/headers/StreamId' },
				}),
	}
}

/** OpenAPI has no form for the messages of a WebSocket. */
function writeSocket(
	{ sent, received }: Extract<AnswerDescription, { readonly type: 'socket' }>,
	{ name }: OperationDescription,
	{ schemas, prefix }: OperationContext,
): JsonObject {
	return {
		sent: schemas.refer(sent, `${prefix}${upperFirst(name)}Message`, 'input'),
		received: schemas.refer(received, `${prefix}${upperFirst(name)}Event`, 'output'),
	}
}

/** Undefined for an empty list, which the document does not have. */
function listed(items: readonly JsonObject[]): readonly JsonObject[] | undefined {
	return items.length === 0 ? undefined : items
}

function upperFirst(text: string): string {
	return text.slice(0, 1).toUpperCase() + text.slice(1)
}

/** `OpenAIModels` as `openAIModels`. */
function lowerFirst(text: string): string {
	return text.slice(0, 1).toLowerCase() + text.slice(1)
}
