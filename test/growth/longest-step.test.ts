// No request occupies the event loop for long in one piece. Every array and map of every request body, enumerated from the schemas of
// the routes, grows to its bound, and the work of the request is done as a server does it: in steps. Each step is measured in CPU time,
// so that other processes do not count. A field that is added to a schema is measured without a change here.

import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { parseJsonInSteps, stringifyJsonInSteps } from '../../src/chat/json-text.ts'
import { resumable, type Steps } from '../../src/system/resumable.ts'
import { ownBodyRoutes } from './body-routes.ts'
import { EnumeratedSchemas, type GrowingField } from './growing-fields.ts'
import { bodyOf, checkBounds, isBounded, readRoute, writeForUpstreams } from './request-work.ts'

setDefaultTimeout(120_000)

/** The bounds of most fields; others refuse more than the last ones. */
const sizes = { array: [20_000, 10_000, 2000, 500, 60], map: [10_000, 120], text: [] } as const
/** In milliseconds. A step is intended to take one; the first ones run before their code is compiled, and elements differ. */
const mostMs = 30

function cpuMs(): number {
	const { user, system } = process.threadCpuUsage()
	return (user + system) / 1000
}

/** The duration of the longest step, in milliseconds, and the result. */
function measure<Result>(steps: Steps<Result>) {
	for (let longestMs = 0; ; ) {
		const beganMs = cpuMs()
		const { done, value } = steps.next()
		longestMs = Math.max(longestMs, cpuMs() - beganMs)
		if (done === true) return { longestMs, value }
	}
}

const enumerated = new EnumeratedSchemas()

for await (const { dialect, route, schema, request } of ownBodyRoutes())
	describe(dialect.name, () => {
		test(`${route.method} ${route.path} is read and written in short steps`, async () => {
			const tooLong: string[] = []
			for (const field of enumerated.add(schema)) {
				const body = largest(field, request.body ?? {})
				if (body === undefined) continue
				const bytes = Buffer.from(JSON.stringify(body))
				/** The least of several attempts: garbage is collected in some of them. */
				let found = await longestSteps(bytes)
				for (let retry = 0; retry < 8 && found.ms > mostMs; retry++) {
					const again = await longestSteps(bytes)
					if (again.ms < found.ms) found = again
				}
				if (found.ms > mostMs) tooLong.push(`${field.path}: ${found.stage} took ${found.ms.toFixed(0)} ms in one step`)
			}
			expect(tooLong).toEqual([])
		})

		async function longestSteps(bytes: Uint8Array): Promise<{ readonly stage: string; readonly ms: number }> {
			const stages: [string, number][] = []
			const run = <Result>(stage: string, steps: Steps<Result>): Result => {
				const { longestMs, value } = measure(steps)
				stages.push([stage, longestMs])
				return value
			}
			const value = run('parsing', parseJsonInSteps(bytes))
			run(
				'checking bounds',
				resumable(() => checkBounds(value)),
			)
			const call = await run(
				'reading',
				resumable(() => readRoute(route, request, value)),
			)
			if (call !== undefined)
				for (const [wire, write] of Object.entries(writeForUpstreams(call))) {
					const written = run(`writing for ${wire}`, resumable(write))
					run(`writing JSON for ${wire}`, stringifyJsonInSteps(written))
				}
			const [stage, ms] = stages.sort(([, a], [, b]) => b - a)[0] ?? ['', 0]
			return { stage, ms }
		}
	})

/** The body with the most elements that no bound refuses. */
function largest(field: GrowingField, sample: object): object | undefined {
	for (const n of sizes[field.kind]) {
		const body = bodyOf(field, sample, n, 'valid')
		if (!isBounded(body)) return body
	}
	return undefined
}
