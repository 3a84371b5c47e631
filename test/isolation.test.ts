// Resources of others are not found: every route that takes an id, called with ids of another owner and of another
// tenant, responds as it does for unknown ids, and changes nothing.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { dialects } from '../src/dialects/list.ts'
import { root, startServer, type TestServer, temporaryFolder } from './server.ts'

interface Caller {
	readonly key: string
	/** What it has made. */
	ids: ResourceIds
}

/** Ids of everything that can be named, by what a route calls it. */
interface ResourceIds {
	readonly conversation: string
	readonly message: string
	readonly share: string
	readonly response: string
	readonly completion: string
	readonly stream: string
	readonly user: string
	readonly history: string
	readonly key: string
}

let server: TestServer
let alice: Caller
/** Of the same tenant, and of another. */
let otherCallers: readonly Caller[]

beforeAll(async () => {
	server = await startServer({ data: await temporaryFolder() })
	const callers = await Promise.all(
		[
			['alice', 'default'],
			['bob', 'default'],
			['carol', 'elsewhere'],
		].map(async ([owner = '', tenant = '']) => ({ key: await makeKey(owner, tenant), ids: {} as ResourceIds })),
	)
	for (const caller of callers) caller.ids = await createResources(caller)
	const [first, ...others] = callers
	if (first !== undefined) alice = first
	otherCallers = others
})
afterAll(() => server.stop())

async function makeKey(owner: string, tenant: string): Promise<string> {
	const flags = ['--name', owner, '--owner', owner, '--tenant', tenant, '--history', 'user-id', '--data', server.data]
	const child = Bun.spawn([process.execPath, join(root, 'src', 'main.ts'), 'keys', 'create', ...flags], {
		stderr: 'ignore',
	})
	return (await new Response(child.stdout).text()).trim()
}

async function call(
	caller: Caller,
	method: string,
	path: string,
	body?: unknown,
	headers: Record<string, string> = {},
) {
	const response = await fetch(server.url + path, {
		method,
		headers: { authorization: `Bearer ${caller.key}`, 'content-type': 'application/json', ...headers },
		...(body === undefined || method !== 'POST' ? {} : { body: JSON.stringify(body) }),
	})
	return { status: response.status, headers: response.headers, text: await response.text() }
}

const message = (content: string) => ({ model: 'echo', messages: [{ role: 'user', content }] })

async function createResources(caller: Caller): Promise<ResourceIds> {
	const turn = await call(caller, 'POST', '/v1/chat/completions', message('secret'), {
		'x-dragoman-conversation': 'new',
	})
	const resumable = await call(
		caller,
		'POST',
		'/v1/chat/completions',
		{ ...message('secret'), stream: true },
		{ 'x-dragoman-resumable': '1' },
	)
	const completion = await call(caller, 'POST', '/v1/chat/completions', { ...message('secret'), store: true })
	const response = await call(caller, 'POST', '/v1/responses', { model: 'echo', input: 'secret' })
	const history = await call(caller, 'POST', '/v1/chat/completions', { ...message('secret'), user: 'leo' })
	const conversation = turn.headers.get('x-dragoman-conversation') ?? ''
	const share = await call(caller, 'POST', `/v1/conversations/${conversation}/shares`, {})
	const key = await call(caller, 'POST', '/v1/keys', { name: 'second' })
	return {
		conversation,
		share: JSON.parse(share.text).id,
		message: turn.headers.get('x-dragoman-message') ?? '',
		response: JSON.parse(response.text).id,
		completion: JSON.parse(completion.text).id,
		stream: resumable.headers.get('x-dragoman-stream') ?? '',
		user: 'leo',
		history: JSON.parse(history.text).id,
		key: JSON.parse(key.text).id,
	}
}

/** An unused id of the same form. */
function unusedId(id: string): string {
	let digits = 0
	return id
		.replace(/[0-9a-f](?=[0-9a-f]{3})/g, (digit) => (digits++ < 4 || digit !== 'a' ? digit : 'b'))
		.replace(/[0-9a-f]{6}(?=(-a?\d+)?$)/, '00beef')
}

/** The value of each `{name}` of a route, from a caller's resources; fails for a route that this test does not know. */
function parametersOf(pattern: string, ids: ResourceIds): readonly string[] {
	const known: readonly (readonly [RegExp, readonly (keyof ResourceIds)[]])[] = [
		[/^\/chat\/history\/\{\w+\}\/\{\w+\}$/, ['user', 'history']],
		[/^\/chat\/history\//, ['user']],
		[/^\/chat\/completions\//, ['completion']],
		[/^\/responses\//, ['response']],
		[/^\/conversations\/\{\w+\}\/items\/\{\w+\}$/, ['conversation', 'message']],
		[/^\/conversations\/\{\w+\}\/shares\/\{\w+\}$/, ['conversation', 'share']],
		[/^\/conversations\//, ['conversation']],
		[/^\/streams\//, ['stream']],
		[/^(\/me)?\/(keys|tokens)\//, ['key']],
	]
	const found = known.find(([form]) => form.test(pattern))
	if (found === undefined) throw new Error(`${pattern} takes an id, and nothing is known of whose it is`)
	return found[1].map((name) => ids[name])
}

function fill(pattern: string, values: readonly string[]): string {
	let at = 0
	return pattern.replace(/\{\w+\}/g, () => encodeURIComponent(values[at++] ?? ''))
}

/** Bodies that would change something. */
const bodies: Readonly<Record<string, unknown>> = {
	'/conversations/{id}': { metadata: { mine: 'yes' } },
	'/conversations/{id}/items': { items: [{ type: 'message', role: 'user', content: 'mine' }] },
	'/chat/completions/{id}': { metadata: { mine: 'yes' } },
}

/** The text of a response without ids, which differ from call to call. */
function plain(text: string, ids: readonly string[]): string {
	return ids.reduce((masked, id) => masked.replaceAll(id, 'ID').replaceAll(id.replace(/^\w+_/, ''), 'ID'), text)
}

const routes = dialects
	.flatMap(({ routes }) => routes)
	// Models belong to no owner; and unsupported routes of a dialect return the same error for every id.
	// A share is for everybody of its tenant.
	.filter(({ path }) => path !== '/shares/{id}')
	.filter(({ path, explicitOnly }) => path.replace(/\/models\/\{\w+\}/, '').includes('{') && explicitOnly !== true)

describe('a resource of another owner', () => {
	for (const { method, path } of routes)
		test(`${method} ${path} responds as for an unknown id, and changes nothing`, async () => {
			const before = await resourcesOf(alice)
			const ids = parametersOf(path, alice.ids)
			const unknown = ids.map((id, at) => (at === 0 && path.includes('history') ? id : unusedId(id)))
			for (const otherCaller of otherCallers) {
				const response = await call(otherCaller, method, `/v1${fill(path, ids)}`, bodies[path])
				const none = await call(otherCaller, method, `/v1${fill(path, unknown)}`, bodies[path])
				expect([response.status, plain(response.text, ids)]).toEqual([none.status, plain(none.text, unknown)])
				if (path !== '/chat/history/{user}') expect(response.status).toBe(404)
				expect(response.text).not.toContain(alice.ids.history)
				for (const [at] of ids.entries()) await expectSame(otherCaller, method, path, ids, at)
			}
			expect(await resourcesOf(alice)).toEqual(before)
		})

	/** The caller's ids with one of another owner among them. */
	async function expectSame(
		otherCaller: Caller,
		method: string,
		path: string,
		ids: readonly string[],
		at: number,
	): Promise<void> {
		if (ids.length === 1) return
		const own = parametersOf(path, otherCaller.ids)
		const foreign = own.map((id, index) => (index === at ? (ids[index] ?? '') : id))
		const unused = own.map((id, index) => (index === at ? unusedId(id) : id))
		if (path.includes('history') && at === 0) return
		const response = await call(otherCaller, method, `/v1${fill(path, foreign)}`, bodies[path])
		const none = await call(otherCaller, method, `/v1${fill(path, unused)}`, bodies[path])
		expect([response.status, plain(response.text, foreign)]).toEqual([none.status, plain(none.text, unused)])
		expect(response.status).toBe(404)
	}
})

test('a share is visible in its tenant only, until it is revoked', async () => {
	const [bob, carol] = otherCallers
	if (bob === undefined || carol === undefined) throw new Error('no other callers')
	const made = await call(alice, 'POST', `/v1/conversations/${alice.ids.conversation}/shares`, {})
	const { id } = JSON.parse(made.text)
	const read = await call(bob, 'GET', `/v1/shares/${id}`)
	expect([read.status, JSON.parse(read.text).messages.length]).toEqual([200, 2])
	expect(read.text).not.toContain(alice.ids.conversation.replace('conv_', ''))
	expect((await call(carol, 'GET', `/v1/shares/${id}`)).status).toBe(404)
	await call(alice, 'DELETE', `/v1/conversations/${alice.ids.conversation}/shares/${id}`)
	expect((await call(bob, 'GET', `/v1/shares/${id}`)).status).toBe(404)
})

describe('an id of another owner within a request', () => {
	type IdReference = (ids: ResourceIds) => readonly [path: string, body: unknown, headers?: Record<string, string>]
	const idReferences: Readonly<Record<string, IdReference>> = {
		previous_response_id: ({ response }) => [
			'/v1/responses',
			{ model: 'echo', input: 'x', previous_response_id: response },
		],
		'conversation of a response': ({ conversation }) => ['/v1/responses', { model: 'echo', input: 'x', conversation }],
		item_reference: ({ message }) => [
			'/v1/responses',
			{ model: 'echo', input: [{ type: 'item_reference', id: message }] },
		],
		'input_tokens of a response': ({ response }) => [
			'/v1/responses/input_tokens',
			{ model: 'echo', input: 'x', previous_response_id: response },
		],
		'compact of a response': ({ response }) => [
			'/v1/responses/compact',
			{ model: 'echo', previous_response_id: response },
		],
		'x-dragoman-conversation': ({ conversation }) => [
			'/v1/chat/completions',
			message('x'),
			{ 'x-dragoman-conversation': conversation },
		],
		"Albert's id": ({ history }) => ['/v1/chat/completions', { ...message('x'), user: 'leo', id: history }],
	}
	for (const [name, reference] of Object.entries(idReferences))
		test(`${name} is treated as unknown`, async () => {
			const before = await resourcesOf(alice)
			const unknown = Object.fromEntries(
				Object.entries(alice.ids).map(([kind, id]) => [kind, kind === 'user' ? id : unusedId(id)]),
			) as unknown as ResourceIds
			for (const otherCaller of otherCallers) {
				const [path, body, headers] = reference(alice.ids)
				const response = await call(otherCaller, 'POST', path, body, headers)
				const [unused, other, others] = reference(unknown)
				const none = await call(otherCaller, 'POST', unused, other, others)
				const [ids, noIds] = [Object.values(alice.ids), Object.values(unknown)]
				expect([response.status, plain(response.text, ids)]).toEqual([none.status, plain(none.text, noIds)])
				expect(response.status).toBeGreaterThanOrEqual(400)
				expect(response.status).toBeLessThan(500)
			}
			expect(await resourcesOf(alice)).toEqual(before)
		})

	test('x-dragoman-parent of another conversation is not found', async () => {
		for (const otherCaller of otherCallers)
			for (const parent of [alice.ids.message, unusedId(alice.ids.message)]) {
				const headers = { 'x-dragoman-conversation': otherCaller.ids.conversation, 'x-dragoman-parent': parent }
				expect((await call(otherCaller, 'POST', '/v1/chat/completions', message('x'), headers)).status).toBe(404)
			}
	})

	for (const [path, name] of [
		['/v1/conversations', 'conversation'],
		['/v1/chat/completions', 'completion'],
	] as const)
		test(`after in ${path}`, async () => {
			for (const otherCaller of otherCallers) {
				const [response, unknown] = [alice.ids[name], unusedId(alice.ids[name])]
				const [foreign, none] = await Promise.all(
					[response, unknown].map((id) => call(otherCaller, 'GET', `${path}?after=${id}`)),
				)
				expect([foreign?.status, plain(foreign?.text ?? '', [response])]).toEqual([
					none?.status,
					plain(none?.text ?? '', [unknown]),
				])
			}
		})
})

test('lists contain only the caller’s resources', async () => {
	for (const otherCaller of otherCallers) {
		const lists = await Promise.all(
			[
				'/v1/conversations?limit=100',
				'/v1/conversations?search=secret',
				'/v1/chat/completions',
				'/v1/chat/history/leo',
				'/v1/organization/usage/completions?start_time=0&group_by=user_id',
				'/v1/keys?limit=100',
				'/v1/me/usage?limit=100',
				'/v1/usage?limit=100',
				`/v1/usage?start_time=0&end_time=${Math.floor(Date.now() / 1000)}`,
			].map((path) => call(otherCaller, 'GET', path)),
		)
		for (const { status, text } of lists) {
			expect(status).toBe(200)
			for (const id of Object.values(alice.ids)) if (id !== 'leo') expect(text).not.toContain(id)
			expect(text).not.toContain('alice')
		}
	}
})

test('malformed ids get a client error, never a server error', async () => {
	const odd = [
		'%00',
		'..%2f..%2fetc',
		"'%20OR%201=1--",
		'%F0%9F%90%99',
		'a'.repeat(3000),
		'%25',
		'-1',
		'conv_',
		'resp_',
		'{id}',
	]
	for (const { method, path } of routes)
		for (const id of odd) {
			const { status } = await call(alice, method, `/v1${path.replace(/\{\w+\}/g, id)}`, bodies[path])
			expect([method, path, id, status >= 200 && status < 500]).toEqual([method, path, id, true])
		}
})

test('response time does not reveal whether a resource exists', async () => {
	const [otherCaller] = otherCallers
	if (otherCaller === undefined) throw new Error('nobody asks')
	const times: Record<'foreign' | 'unknown', number[]> = { foreign: [], unknown: [] }
	const ids = { foreign: alice.ids.response, unknown: unusedId(alice.ids.response) }
	for (let count = 0; count < 300; count++)
		for (const kind of ['foreign', 'unknown'] as const) {
			const begunMs = performance.now()
			await call(otherCaller, 'GET', `/v1/responses/${ids[kind]}`)
			times[kind].push(performance.now() - begunMs)
		}
	const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
	const ratio = median(times.foreign) / median(times.unknown)
	expect(ratio).toBeGreaterThan(0.5)
	expect(ratio).toBeLessThan(2)
})

/** Everything that a caller owns, as the API returns it. */
async function resourcesOf(caller: Caller): Promise<readonly string[]> {
	const { conversation, response, completion, stream } = caller.ids
	const answers = await Promise.all(
		[
			`/v1/conversations/${conversation}/export`,
			`/v1/responses/${response}`,
			`/v1/chat/completions/${completion}`,
			`/v1/streams/${stream}`,
			'/v1/chat/history/leo',
			'/v1/keys?limit=100',
		].map((path) => call(caller, 'GET', path)),
	)
	expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
	return answers.map(({ text }) => text)
}
