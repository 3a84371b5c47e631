// Work in steps has the result of work in one piece, wherever its loops are interrupted. Every array and map of every request body is long
// enough for steps, alone and within another one, and the clock runs so fast that each loop is interrupted after a few elements.

import { describe, expect, setDefaultTimeout, spyOn, test } from 'bun:test'
import { ChatError } from '../../src/chat/error.ts'
import { resumable } from '../../src/system/resumable.ts'
import { ownBodyRoutes } from './body-routes.ts'
import { EnumeratedSchemas, type GrowingField } from './growing-fields.ts'
import { bodyOf, checkBounds, isBounded, readCall, readRoute, writeForUpstreams } from './request-work.ts'

setDefaultTimeout(60_000)

const enumerated = new EnumeratedSchemas()
const elements = 40

/** The result of `work`, or the message of its refusal. */
async function outcome(work: () => unknown): Promise<unknown> {
	try {
		return await work()
	} catch (thrown) {
		if (thrown instanceof ChatError) return { refused: thrown.message, param: thrown.param }
		throw thrown
	}
}

/** Functions of results are left out. */
function shown(result: unknown): string {
	return JSON.stringify(result, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)) ?? ''
}

/** The result of `work` in steps, and their number. */
async function stepped(work: () => unknown): Promise<{ readonly result: unknown; readonly steps: number }> {
	let nowMs = 0
	const clock = spyOn(performance, 'now').mockImplementation(() => {
		nowMs += 0.6
		return nowMs
	})
	let steps = 1
	try {
		const result = await outcome(() => {
			const run = resumable(work)
			let next = run.next()
			for (; next.done !== true; steps++) next = run.next()
			return next.value
		})
		return { result, steps }
	} finally {
		clock.mockRestore()
	}
}

/** Bodies in which the field is long, also in each element of the outermost array, which is long, too. */
function* bodiesWith(field: GrowingField, sample: object): Generator<readonly [kind: string, body: object]> {
	for (const kind of ['valid', 'wrong'] as const) {
		const body = bodyOf(field, sample, elements, kind)
		yield [kind, body]
		const [, name = ''] = /^(\w+)(?:#\d+)?\[\]./.exec(field.path) ?? []
		const list: unknown = Reflect.get(body, name)
		if (!Array.isArray(list)) continue
		const outer = Array.from({ length: elements }, () => structuredClone(list)).flat()
		yield [`${kind}, nested`, { ...body, [name]: outer }]
	}
}

let interrupted = 0

for await (const { dialect, route, schema, request } of ownBodyRoutes())
	describe(dialect.name, () => {
		test(`${route.method} ${route.path} has the same result in steps`, async () => {
			const different: string[] = []
			const compare = async (name: string, work: () => unknown) => {
				const plain = await outcome(work)
				const { result, steps } = await stepped(work)
				if (steps > 1) interrupted++
				if (shown(result) !== shown(plain)) different.push(name)
			}
			for (const field of enumerated.add(schema).filter(({ kind }) => kind !== 'text'))
				for (const [kind, body] of bodiesWith(field, request.body ?? {})) {
					if (isBounded(body)) continue
					const name = `${field.path}, ${kind}`
					await compare(`${name}: bounds`, () => checkBounds(body))
					await compare(`${name}: reading`, () => readCall(route, request, body))
					const call = await readRoute(route, request, body)
					if (call === undefined) continue
					for (const [wire, write] of Object.entries(writeForUpstreams(call)))
						await compare(`${name}: writing for ${wire}`, write)
				}
			expect(different).toEqual([])
		})
	})

test('loops are interrupted', () => {
	expect(interrupted).toBeGreaterThan(100)
})
