// The work of a request is linear in its size. Every array, map and text of every request body, enumerated from the
// schemas of the routes, grows to n and 4n elements, with valid elements and with wrong ones; the CPU time may grow to six
// times. A field that is added to a schema is measured without a change here. Conversations, whose messages refer to each
// other, and forms are in the other tests of this folder.

import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { ownBodyRoutes } from './body-routes.ts'
import { growthOf, maxRatio } from './cpu-time.ts'
import { type Elements, EnumeratedSchemas, type GrowingField } from './growing-fields.ts'
import { bodyOf, isBounded, serve } from './request-work.ts'

setDefaultTimeout(120_000)

/** The maximum size of a body, which bounds texts. */
const bodyBytes = 33_554_432
const starts = { array: 1024, map: 1024, text: 262_144 } as const

/** What several dialects share is measured once. */
const enumerated = new EnumeratedSchemas()

for await (const { dialect, route, schema, request } of ownBodyRoutes())
	describe(dialect.name, () => {
		test(`${route.method} ${route.path} is linear in every field`, async () => {
			const tooSlow: string[] = []
			for (const field of enumerated.add(schema)) {
				for (const elements of elementsOf(field)) {
					const prepare = (n: number) => {
						// The larger size must be within the bound, too.
						if (field.kind === 'text' && 4 * n > bodyBytes) return undefined
						const body = bodyOf(field, request.body ?? {}, n, elements)
						return isBounded(body) ? undefined : () => serve(route, request, body)
					}
					const growth = await growthOf({ prepare, start: starts[field.kind] })
					if (growth !== undefined && growth.ratio > maxRatio)
						tooSlow.push(
							`${field.path} (${elements}): 4 × ${growth.n} took ${growth.ratio.toFixed(1)} × ${growth.baseMs.toFixed(0)} ms`,
						)
				}
			}
			expect(tooSlow).toEqual([])
		})
	})

function elementsOf({ kind }: GrowingField): readonly Elements[] {
	return kind === 'text' ? ['valid'] : ['valid', 'wrong']
}
