import { describe, expect, test } from 'bun:test'
import { eventsOfPart } from '../chat/completion-events.ts'
import { ChatError } from '../chat/error.ts'
import type { ChatEvent } from '../chat/event.ts'
import { plainRequest } from '../chat/request.testing.ts'
import type { ChatRequest } from '../chat/request.ts'
import type { ChatCall } from '../dialects/call.ts'
import { openEcho } from '../engines/echo/echo.ts'
import { signatureOrigin } from '../engines/upstream/signature-origin.ts'
import { type Model, ModelTable } from '../routing/model.ts'
import { retryOptions } from '../routing/options.ts'
import { inOrder } from '../routing/policies/in-order.ts'
import { Route } from '../routing/route.ts'
import { openEndpoint } from '../routing/routing.testing.ts'
import type { UpstreamEndpoint } from '../routing/upstream-endpoint.ts'
import { systemClock } from '../system/clock.ts'
import { type Candidates, checkCandidates, hasSeveralOrigins, mayReceive } from './candidates.ts'
import type { Upstream } from './deployment.ts'
import { App, errorOf, json } from './pipeline.testing.ts'

const model: Model = {
	name: 'm',
	type: 'text-generation',
	aliases: [],
	required: true,
	ownedBy: 'dragoman',
	tokenizer: 'cl100k_base',
	route: [],
}

const request: ChatRequest = {
	...plainRequest,
	sampling: { temperature: 3 },
}

const violation = new ChatError('invalid-request', "'temperature' must be at most 2.", { param: 'temperature' })

function callWith(broken?: ChatError): ChatCall {
	const writer = {
		completion: () => ({}),
		stream: () => ({ write: () => '' }),
	}
	return { type: 'chat', request, stream: false, writer, violation: broken }
}

interface Setup {
	readonly accepts?: boolean
	readonly service?: string
	readonly model?: string
	readonly wire?: string
}

function upstreamOf({ accepts = false, service, model, wire }: Setup, index: number): Upstream {
	const name = `u${index}`
	const endpoint = openEndpoint(name)
	const engine = Object.assign(openEcho({ clock: systemClock }), {
		wire,
		originOf: (name: string) => (service === undefined ? undefined : signatureOrigin(service, name)),
	})
	return { name, engine, endpoint, model, acceptsViolations: accepts, isLocal: true }
}

function candidatesOf(setups: readonly Setup[], call = callWith()): Candidates {
	const upstreams = setups.map(upstreamOf)
	const members = upstreams.map(({ endpoint }) => ({ endpoint, weight: 1 }))
	const route = new Route({ members, policy: inOrder(), retry: retryOptions.parse({}) })
	const deployment = {
		models: new ModelTable([model]),
		routeOf: () => route,
		upstreamAt(wanted: UpstreamEndpoint) {
			const found = upstreams.find(({ endpoint }) => endpoint === wanted)
			if (found === undefined) throw new Error('no such upstream')
			return found
		},
	}
	return { call, model, deployment }
}

describe("a call that breaks a rule of OpenAI's API", () => {
	test('may only be sent to upstreams that accept more', () => {
		const [strict, other] = [upstreamOf({}, 0), upstreamOf({ accepts: true }, 1)]
		expect([mayReceive(strict, callWith(violation)), mayReceive(other, callWith(violation))]).toEqual([false, true])
		expect([mayReceive(strict, callWith()), mayReceive(other, callWith())]).toEqual([true, true])
	})

	test('is refused if no upstream of the model accepts more', () => {
		expect(() => checkCandidates(candidatesOf([{}, {}], callWith(violation)))).toThrow(violation)
		checkCandidates(candidatesOf([{}, { accepts: true }], callWith(violation)))
		checkCandidates(candidatesOf([{}]))
	})
})

describe('a call that only one wire can answer', () => {
	const error = new ChatError('unsupported', 'Only upstreams of w do this.', { param: 'x' })
	const call = { ...callWith(), need: { wire: 'w', error } }

	test('may only be sent to upstreams of the wire', () => {
		const setups = [{}, { wire: 'v', accepts: true }, { wire: 'w' }]
		expect(setups.map((setup, index) => mayReceive(upstreamOf(setup, index), call))).toEqual([false, false, true])
	})

	test('is refused if the model has no upstream of the wire', () => {
		expect(() => checkCandidates(candidatesOf([{}, { wire: 'v' }], call))).toThrow(error)
		checkCandidates(candidatesOf([{}, { wire: 'w' }], call))
		const broken = { ...call, violation }
		expect(() => checkCandidates(candidatesOf([{ wire: 'w' }], broken))).toThrow(violation)
		checkCandidates(candidatesOf([{ wire: 'w', accepts: true }], broken))
	})
})

describe("a request that breaks a rule of OpenAI's API", () => {
	const hot = { temperature: 3 }
	const fresh = { 'x-dragoman-conversation': 'new' }
	const counts = (app: App) => ['a', 'b'].map((name) => app.upstream(name).received.length)

	test.each([
		['unary', {}],
		['stream', { stream: true }],
	])('is rejected before it is billed or stored if every upstream is strict (%s)', async (_, more) => {
		await using app = await App.open({ upstreams: { a: {}, b: {} } })
		const response = await app.chat('hi', { ...hot, ...more }, { headers: fresh })
		expect(response.status).toBe(400)
		expect((await errorOf(response)).param).toBe('temperature')
		expect(counts(app)).toEqual([0, 0])
		expect(await app.usageRecords()).toEqual([])
		expect(await app.journal()).toBe('')
		expect(await app.conversationCount()).toBe(0)
		expect(await app.held()).toEqual({ permits: 0, queued: 0, tickets: 0 })
	})

	test('reaches the upstreams that accept it', async () => {
		await using app = await App.open({ upstreams: { a: {}, b: { acceptsViolations: true } } })
		expect((await app.chat('hi', hot)).status).toBe(200)
		expect(counts(app)).toEqual([0, 1])
		expect(app.upstream('b').received[0]).toContain('"temperature":3')
		expect((await app.chat('hi')).status).toBe(200)
		expect(counts(app)).toEqual([1, 1])
	})

	test('does not fall back to a strict upstream', async () => {
		await using app = await App.open({ upstreams: { a: {}, b: { acceptsViolations: true } }, retry: { attempts: 3 } })
		app.upstream('b').refuse(new ChatError('upstream-failed', 'Broken.', { sent: 'yes' }))
		expect((await app.chat('hi', hot)).status).toBe(502)
		app.upstream('b').endpoint.healthy = false
		expect((await app.chat('hi', hot)).status).toBe(503)
		expect(counts(app)).toEqual([0, 1])
	})
})

describe('signatures', () => {
	test.each<[string, boolean, readonly Setup[]]>([
		['of one upstream have one origin', false, [{ service: 'api.one' }]],
		[
			'of two upstreams with the same service and model have one',
			false,
			[{ service: 'api.one' }, { service: 'api.one' }],
		],
		['of two services have several', true, [{ service: 'api.one' }, { service: 'api.two' }]],
		[
			'of two models have several',
			true,
			[
				{ service: 'api.one', model: 'x' },
				{ service: 'api.one', model: 'y' },
			],
		],
		['beside an upstream without any have one', false, [{ service: 'api.one' }, {}]],
	])('%s', (_, several, setups) => {
		expect(hasSeveralOrigins(candidatesOf(setups))).toBe(several)
	})

	test.each([
		['name their origin if the model has several', { a: 'api.one', b: 'api.two' }, false],
		['are unchanged if it has one', { a: 'api.one', b: 'api.one' }, true],
	])('in answers %s', async (_, { a, b }, unchanged) => {
		const script: readonly ChatEvent[] = [
			{ type: 'start' },
			...eventsOfPart(
				{ type: 'reasoning', text: 'Hm.', signature: { wire: 'anthropic', value: 'c2ln', origin: 'o' } },
				0,
			),
			{ type: 'choice-finish', choice: 0, reason: 'stop' },
			{
				type: 'finish',
				usage: { promptTokens: 1, completionTokens: 1, cachedTokens: 0, reasoningTokens: 0, source: 'upstream' },
			},
		]
		await using app = await App.open({ upstreams: { a: { script, service: a }, b: { script, service: b } } })
		const messages = [{ role: 'user', content: 'hi' }]
		const body = { model: 'echo', max_tokens: 2000, thinking: { type: 'enabled', budget_tokens: 1024 }, messages }
		const { content } = await json<{ readonly content: readonly { readonly signature: string }[] }>(
			await app.post('/anthropic/v1/messages', body),
		)
		expect(content[0]?.signature === 'c2ln').toBe(unchanged)
	})
})
