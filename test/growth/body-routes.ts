// The routes whose requests have a body, with a sample of each, for tests over all of them.

import { join } from 'node:path'
import type { Dialect, Route } from '../../src/dialects/dialect.ts'
import type { DialectSample, SampleRequest } from '../../src/dialects/dialect-sample.testing.ts'
import { dialects } from '../../src/dialects/list.ts'

export interface BodyRoute {
	readonly dialect: Dialect
	readonly route: Route
	readonly schema: NonNullable<Route['bodySchema']>
	readonly request: SampleRequest
}

/** By dialect. Forms are left out. */
export async function* bodyRoutes(): AsyncGenerator<BodyRoute> {
	for (const dialect of dialects) {
		const sample = await sampleOf(dialect)
		for (const route of dialect.routes) {
			const { bodySchema: schema } = route
			if (schema === undefined || route.body === 'form') continue
			yield { dialect, route, schema, request: sample.requests[`${route.method} ${route.path}`] ?? {} }
		}
	}
}

/** The same without routes whose schema another route of the dialect has. */
export async function* ownBodyRoutes(): AsyncGenerator<BodyRoute> {
	let known = new Set<unknown>()
	let former: Dialect | undefined
	for await (const found of bodyRoutes()) {
		if (found.dialect !== former) known = new Set()
		former = found.dialect
		if (known.has(found.schema)) continue
		known.add(found.schema)
		yield found
	}
}

/** What the contract of the dialect has as samples. */
export async function sampleOf({ name }: Dialect): Promise<DialectSample> {
	const { sample } = await import(join(import.meta.dir, '..', '..', 'src', 'dialects', name, `${name}.contract.ts`))
	return sample
}
