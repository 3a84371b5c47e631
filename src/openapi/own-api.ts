// The server's own endpoints for the document: its state, its version, its metrics, the document and its page. They have no
// dialect. server/own-endpoints.ts serves them.

import { z } from 'zod'
import type { Json, JsonObject } from '../chat/json.ts'
import { checkNames } from '../system/server-checks.ts'
import { type SchemaComponents, writeSchema } from './schema-components.ts'

const status = z.enum(['ready', 'starting', 'failed'])

const readinessSchema = z.object({
	status: z.enum([...status.options, 'draining']),
	models: z.array(
		z.object({
			id: z.string(),
			status,
			required: z.boolean(),
			operations: z.array(z.string()),
			contextTokens: z.int().optional(),
			note: z.string().optional(),
		}),
	),
	checks: z.record(z.string(), z.object({ ok: z.boolean(), reason: z.string().optional() })),
})

const pageSchema = z.object({
	object: z.literal('page'),
	name: z.string().nullable().describe('The name of the service; null if none is configured.'),
	notice: z.record(z.string(), z.string()).describe('Markdown by the tag of its language.'),
	recommended: z
		.array(z.string())
		.describe("Ids of models of `GET /v1/models`, in the operator's order. Empty without a key."),
})

interface OwnOperation {
	readonly name: string
	readonly summary: string
	readonly path: string
	readonly query?: z.ZodObject | undefined
	/** The content of responses by their statuses. */
	readonly responses: Readonly<Record<number, OwnResponse>>
	/**
	 * `restricted`: a key is needed unless the configuration permits all, or the client is on this machine. `optional`: a
	 * key adds to the response. None is used if absent.
	 */
	readonly key?: 'restricted' | 'optional' | undefined
}

interface OwnResponse {
	readonly description: string
	readonly type: string
	readonly schema?: z.ZodType | undefined
}

const operations: readonly OwnOperation[] = [
	{
		name: 'getHealth',
		summary: 'Whether the process is alive',
		path: '/health',
		responses: { 200: json('The process is alive.', z.object({ status: z.literal('ok') })) },
	},
	{
		name: 'getReadiness',
		summary: 'Whether the server is ready, with the state of its models',
		path: '/ready',
		query: z.object({ exclude: z.array(z.enum(checkNames)).optional().describe('Checks that do not count.') }),
		responses: {
			200: json('The server is ready.', readinessSchema),
			400: json('The query is wrong.', z.object({ error: z.string() })),
			503: json('The server is not ready.', readinessSchema),
		},
	},
	{
		name: 'getVersion',
		summary: 'The version of the server',
		path: '/version',
		responses: { 200: json('The version.', z.object({ name: z.literal('dragoman'), version: z.string() })) },
	},
	{
		name: 'getMetrics',
		summary: 'The metrics in the Prometheus format',
		path: '/metrics',
		key: 'restricted',
		responses: { 200: { description: 'The metrics.', type: 'text/plain' } },
	},
	{
		name: 'getPage',
		summary: 'What the operator says about the service, for the web page',
		path: '/v1/page',
		key: 'optional',
		responses: { 200: json('The name, the notice and the recommended models.', pageSchema) },
	},
	{
		name: 'getApiDocument',
		summary: 'This document',
		path: '/openapi.json',
		responses: { 200: json('The document.', z.looseObject({ openapi: z.string() })) },
	},
	{
		name: 'getApiPage',
		summary: 'This document as a web page',
		path: '/docs',
		responses: { 200: { description: 'The page.', type: 'text/html' } },
	},
]

function json(description: string, schema: z.ZodType): OwnResponse {
	return { description, type: 'application/json', schema }
}

export const ownTag = { name: 'Server', description: 'The state of the server. These paths have no dialect.' }

/** The items of `paths`. */
export function writeOwnPaths(schemas: SchemaComponents): Readonly<Record<string, JsonObject>> {
	return Object.fromEntries(operations.map((operation) => [operation.path, { get: writeOwn(operation, schemas) }]))
}

const keyUses = {
	restricted: {
		description:
			'Clients on this machine need no key; others need a key with the role `admin`, or the token of the configuration.',
		refusals: {
			401: { description: 'The key is missing or unknown.' },
			403: { description: 'The key is not an admin key.' },
		},
	},
	optional: {
		description: 'Without a key, `recommended` is empty.',
		refusals: { 401: { description: 'The key is unknown.' } },
	},
} satisfies Record<NonNullable<OwnOperation['key']>, object>

function writeOwn({ name, summary, query, responses, key }: OwnOperation, schemas: SchemaComponents): JsonObject {
	const written = Object.entries(responses).map(([status, { description, type, schema }]): [string, Json] => {
		const own =
			schema === undefined
				? { type: 'string' }
				: schemas.refer(schema, `Server${name.slice(0, 1).toUpperCase()}${name.slice(1)}${status}`, 'output')
		return [status, { description, content: { [type]: { schema: own } } }]
	})
	return {
		operationId: name,
		tags: [ownTag.name],
		summary,
		description: key === undefined ? undefined : keyUses[key].description,
		security: key === undefined ? [] : [{}, { bearer: [] }, { apiKey: [] }],
		parameters: query === undefined ? undefined : writeQuery(query),
		responses: {
			400: { description: 'The server does not serve the host of the request.' },
			...(key === undefined ? {} : keyUses[key].refusals),
			...Object.fromEntries(written),
		},
	}
}

function writeQuery(query: z.ZodObject): readonly JsonObject[] {
	return Object.entries(query.shape).map(([name, field]: [string, z.ZodType]) => {
		const { description, ...schema } = writeSchema(field, 'output')
		return { name, in: 'query', description, required: false, schema }
	})
}
