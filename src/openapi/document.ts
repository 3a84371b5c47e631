// The OpenAPI document of this server: every route of every dialect, made from the routes, their schemas and the
// descriptions of the dialects. It does not serve the document.

import type { JsonObject } from '../chat/json.ts'
import type { ApiDescription } from '../dialects/api-description.ts'
import type { DialectChoice } from '../dialects/choice.ts'
import type { Dialect, Route } from '../dialects/dialect.ts'
import { ErrorResponses } from './error-responses.ts'
import { conversationParameters, responseHeaders } from './headers.ts'
import { type ExampleModels, type OperationAt, type OperationContext, writeOperation } from './operation-writer.ts'
import { ownTag, writeOwnPaths } from './own-api.ts'
import { SchemaComponents } from './schema-components.ts'

export interface DocumentOptions {
	readonly version: string
	readonly dialects: readonly Dialect[]
	/** Which dialect serves a path that several of them have. */
	readonly choice: DialectChoice
	readonly exampleModels: ExampleModels
}

export interface ApiDocument extends JsonObject {
	readonly openapi: string
	readonly paths: Readonly<Record<string, JsonObject>>
	readonly components: JsonObject & { readonly schemas: JsonObject }
}

const introduction = `Every API that this server speaks. An operation is at the address that its clients use, if the
server answers there in its dialect; otherwise below the path of the dialect, such as \`/albert\`. The description of an
operation has its other addresses.

Streams are server-sent events: the schema of \`text/event-stream\` is that of the data of each event.`

export async function writeDocument({
	version,
	dialects,
	choice,
	exampleModels,
}: DocumentOptions): Promise<ApiDocument> {
	const schemas = new SchemaComponents()
	const own = writeOwnPaths(schemas)
	const apis = await Promise.all(dialects.map(async (dialect) => ({ dialect, api: await dialect.describe() })))
	const contexts = apis.map(({ dialect, api }) => ({
		dialect,
		context: contextOf(dialect, api, schemas, exampleModels),
	}))
	const paths: Record<string, Record<string, JsonObject>> = {}
	for (const { dialect, context } of contexts)
		for (const { method, at, name } of operationsOf(dialect, choice, own)) {
			const operation = context.api.operations[name]
			if (operation === undefined) throw new Error(`${dialect.name} does not describe ${name}`)
			const item = paths[at.path] ?? {}
			paths[at.path] = item
			item[method.toLowerCase()] = writeOperation(operation, at, context)
		}
	return {
		openapi: '3.1.1',
		info: {
			title: 'Dragoman',
			version,
			description: introduction,
			license: { name: 'MIT', identifier: 'MIT' },
		},
		servers: [{ url: '.', description: 'This server.' }],
		tags: [...apis.map(({ api }) => ({ name: api.title, description: api.text })), ownTag],
		paths: { ...paths, ...own },
		components: {
			schemas: schemas.write(),
			responses: Object.assign({}, ...contexts.map(({ context }) => context.errors.writeComponents())),
			parameters: conversationParameters,
			headers: responseHeaders,
			securitySchemes: {
				bearer: { type: 'http', scheme: 'bearer', description: 'A key of this server, as OpenAI clients send it.' },
				apiKey: {
					type: 'apiKey',
					in: 'header',
					name: 'x-api-key',
					description: 'A key of this server, as Anthropic clients send it. The header `api-key` has the same effect.',
				},
			},
		},
	}
}

function contextOf(
	dialect: Dialect,
	api: ApiDescription,
	schemas: SchemaComponents,
	exampleModels: ExampleModels,
): OperationContext {
	const prefix = api.title.replaceAll(/\W/g, '')
	for (const [name, schema] of Object.entries(api.schemas)) schemas.refer(schema, `${prefix}${name}`, 'output')
	for (const [name, schema] of Object.entries(api.requestSchemas ?? {}))
		schemas.refer(schema, `${prefix}${name}`, 'input')
	const errors = new ErrorResponses(dialect, prefix, schemas.refer(api.error, `${prefix}Error`, 'output'))
	return { api, prefix, schemas, errors, exampleModels }
}

interface RoutedOperation {
	readonly method: string
	/** The method and the path without prefix. */
	readonly name: string
	readonly at: OperationAt
}

/** @param own paths of the server itself, which no dialect serves. */
function operationsOf(dialect: Dialect, choice: DialectChoice, own: object): readonly RoutedOperation[] {
	const routed = dialect.routes.map((route): RoutedOperation => {
		const { method, path } = route
		const isServed = (address: string) => !(address in own) && servesAt(choice, address, dialect, route)
		return { method, name: `${method} ${path}`, at: { route, ...addressesOf(dialect, path, isServed) } }
	})
	const sockets = (dialect.sockets ?? []).map(
		({ path }): RoutedOperation => ({
			method: 'GET',
			name: `GET ${path}`,
			at: addressesOf(dialect, path, () => true),
		}),
	)
	return [...routed, ...sockets]
}

function servesAt(choice: DialectChoice, path: string, dialect: Dialect, route: Route): boolean {
	const match = choice.find({ method: route.method, path, headers: new Headers() })
	return match.type === 'found' && match.target.dialect === dialect && match.target.route === route
}

/** The first shared address at which clients without recognizable headers get the route, or the first own one. */
function addressesOf(
	{ mount, prefixes }: Dialect,
	path: string,
	isServed: (address: string) => boolean,
): Pick<OperationAt, 'path' | 'otherPaths'> {
	const shared = prefixes.map((prefix) => prefix + path).filter(isServed)
	const [first = '', ...others] = [...shared, ...prefixes.map((prefix) => mount + prefix + path)]
	return { path: first, otherPaths: others }
}
