import { describe, expect, test } from 'bun:test'
import { z } from 'zod'
import { ChatError } from '../chat/error.ts'
import { parseJson } from '../chat/json-text.ts'
import type { Call, Route, RouteInput } from '../dialects/dialect.ts'
import { dialects } from '../dialects/list.ts'
import { readCall } from './read-call.ts'

/** An own member of a client in the place of what all objects have. */
const members = ['toString', 'valueOf', 'constructor', 'hasOwnProperty', '__proto__', 'length', 'toJSON', 'then']
const hostile = parseJson(`{${members.map((name) => `"${name}":{"toString":1}`).join()}}`)

function inputOf(body: unknown): RouteInput {
	return { body, headers: new Headers(), parameters: [], query: () => new URLSearchParams() }
}

/** What reading throws; undefined if it returns a call. */
async function thrownBy(route: Pick<Route, 'read'>, body: unknown): Promise<unknown> {
	try {
		await readCall(route, inputOf(body))
		return undefined
	} catch (thrown) {
		return thrown
	}
}

const routes = dialects.flatMap(({ name, routes }) =>
	routes.flatMap((route) => (route.bodySchema === undefined || route.body === 'form' ? [] : [{ name, route }])),
)

describe('an object whose length is no number', () => {
	test('is refused as any other object, in every dialect', async () => {
		const valid = { model: 'm', messages: [{ role: 'user', content: 'hi' }], input: 'hi', prompt: 'hi', max_tokens: 9 }
		const differences: unknown[] = []
		let refused = 0
		for (const { name, route } of routes)
			for (const field of Object.keys(valid)) {
				const expected = await thrownBy(route, { ...valid, [field]: {} })
				if (!(expected instanceof ChatError) || expected.param !== field) continue
				refused++
				const thrown = await thrownBy(route, { ...valid, [field]: { length: [{ toString: 1 }] } })
				if (!(thrown instanceof ChatError) || thrown.message !== expected.message)
					differences.push([name, route.path, field, thrown])
			}
		expect(differences).toEqual([])
		expect(refused).toBeGreaterThan(20)
	})

	const schema = z.object({ value: z.union([z.string().max(5), z.looseObject({})]) })
	const read = ({ body }: RouteInput): Call => {
		const { value } = schema.parse(body)
		return { type: 'models.list', value } as unknown as Call
	}

	test('is an error of the request if any other object is accepted', async () => {
		const thrown = await thrownBy({ read }, { value: { length: { toString: 1 } } })
		expect(thrown).toMatchObject({ kind: 'invalid-request', param: 'value.length' })
		expect(await thrownBy({ read }, { value: { length: { type: 'number' } } })).toBeUndefined()
		expect(await thrownBy({ read }, { value: { toString: 1, length: 7 } })).toBeUndefined()
	})

	test('is an error of the request if its reader is asynchronous', async () => {
		const later = async (input: RouteInput) => read(input)
		const thrown = await thrownBy({ read: later }, { value: { length: { toString: 1 } } })
		expect(thrown).toMatchObject({ kind: 'invalid-request', param: 'value.length' })
	})
})

describe('a TypeError of a reader is an error of the server', () => {
	const broken = new TypeError('undefined is not an object')
	const reads: Readonly<Record<string, Route['read']>> = {
		thrown: () => {
			throw broken
		},
		rejected: async () => {
			throw broken
		},
	}
	for (const [name, read] of Object.entries(reads))
		test.each([
			['no unusual member', {}],
			['members with the names of methods', { a: hostile }],
			['a list of such objects', { a: [[hostile], { b: hostile }] }],
		])(`${name}, whatever the body: %s`, async (_, body) => {
			expect(await thrownBy({ read }, body)).toBe(broken)
		})
})
