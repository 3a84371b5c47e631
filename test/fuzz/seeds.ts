// Valid requests of every route of every dialect, from the samples of the contract suite, the schemas of the bodies and the
// features that dialects can express. A route, and a field of a schema, that is added gets mutated without a change here.

import type { Route } from '../../src/dialects/dialect.ts'
import type { SampleRequest } from '../../src/dialects/dialect-sample.testing.ts'
import { dialects } from '../../src/dialects/list.ts'
import { dialectClients } from '../dialect-clients/list.ts'
import { featureRequests } from '../fidelity/requests.ts'
import { sampleOf } from '../growth/body-routes.ts'
import { EnumeratedSchemas, type GrowingField } from '../growth/growing-fields.ts'
import { seeds as bodies } from '../mutation.ts'

export interface Seed {
	/** Of the dialect that serves it; `''` for the server's own endpoints. */
	readonly dialect: string
	readonly method: string
	/** The path, with `{name}` for parameters. */
	readonly pattern: string
	/** Values of the parameters in the sample, in order. */
	readonly parameters: readonly string[]
	readonly query: string | undefined
	/** Makes a valid body; absent for routes without one. */
	readonly body?: ((random: () => number) => unknown) | undefined
	/** Its body is a form. */
	readonly form?: (() => FormData) | undefined
}

/** Endpoints of the server itself, and paths that nothing serves. */
const ownPaths = [
	'/health',
	'/ready',
	'/metrics',
	'/version',
	'/',
	'/c/x',
	'/s/x',
	'/settings',
	'/sign-in/device',
	'/console/keys',
	'/compare/x',
	'/page/diagram',
	'/page/manifest.webmanifest',
	'/page/x.js',
	'/favicon.ico',
	'/openapi.json',
	'/docs',
	'/sw.js',
	'/page/sw.js',
	'/robots.txt',
	'/v1',
	'/v1/nothing',
	'/openai',
] as const

export async function allSeeds(): Promise<readonly Seed[]> {
	const found: Seed[] = ownPaths.map((pattern) => ({
		dialect: '',
		method: 'GET',
		pattern,
		parameters: [],
		query: undefined,
	}))
	for (const dialect of dialects) {
		const sample = await sampleOf(dialect)
		for (const route of dialect.routes)
			for (const path of pathsOf(dialect.mount, dialect.prefixes, route.path))
				found.push(seedOf(dialect.name, route, path, sample.requests[`${route.method} ${route.path}`] ?? {}))
	}
	return [...found, ...writtenSeeds()]
}

/** Below the mount, and shared with other dialects. */
function pathsOf(mount: string, prefixes: readonly string[], path: string): readonly string[] {
	const [prefix = ''] = prefixes
	return [mount + prefix + path, prefix + path]
}

function seedOf(dialect: string, route: Route, pattern: string, sample: SampleRequest): Seed {
	const { bodySchema: schema, method } = route
	const parameters = sample.parameters ?? Array.from(pattern.matchAll(/\{/g), () => 'x')
	const fields = schema === undefined || route.body === 'form' ? [] : new EnumeratedSchemas().add(schema)
	const body =
		schema === undefined && sample.body === undefined
			? undefined
			: (random: () => number) => bodyOf(sample.body ?? {}, fields, random)
	return { dialect, method, pattern, parameters, query: sample.query, form: sample.form, body }
}

/** The sample, with up to three fields of the schema that have two elements. */
function bodyOf(sample: object, fields: readonly GrowingField[], random: () => number): unknown {
	let body: object = sample
	for (let left = fields.length === 0 ? 0 : Math.floor(random() * 4); left > 0; left--) {
		const field = fields[Math.floor(random() * fields.length)]
		const grown = field?.grow(random() < 0.1 ? 40 : 2, random() < 0.9 ? 'valid' : 'wrong')
		if (typeof grown === 'object' && grown !== null) body = Array.isArray(grown) ? grown : { ...body, ...grown }
	}
	return body
}

/** Bodies as clients write them. */
export function writtenSeeds(): readonly Seed[] {
	return [...featureSeeds(), ...bodySeeds()]
}

/** Every feature of every dialect, in its client's words. */
function featureSeeds(): readonly Seed[] {
	return dialectClients.flatMap((client) => {
		const { path, body } = client.write({ model: 'small', turns: [{ role: 'user', text: 'hi' }] })
		const changes = Object.values(featureRequests[client.name] ?? {})
		const seed = (made: unknown): Seed => ({
			dialect: client.name,
			method: 'POST',
			pattern: path,
			parameters: [],
			query: undefined,
			body: () => made,
		})
		return [body, { ...body, stream: true }, ...changes.map((change) => change({ ...body }))].map(seed)
	})
}

function bodySeeds(): readonly Seed[] {
	return bodies.map(({ path, body }) => ({
		dialect: 'openai',
		method: 'POST',
		pattern: path,
		parameters: [],
		query: undefined,
		body: () => ({ ...Object(body), model: 'small' }),
	}))
}
