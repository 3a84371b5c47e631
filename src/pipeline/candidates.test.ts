import { describe, expect, test } from 'bun:test'
import { ChatError } from '../chat/error.ts'
import type { ChatRequest } from '../chat/request.ts'
import type { ChatCall } from '../dialects/call.ts'
import { openEcho } from '../engines/echo/echo.ts'
import type { Model } from '../routing/model.ts'
import { ModelTable } from '../routing/model.ts'
import { retryOptions } from '../routing/options.ts'
import { inOrder } from '../routing/policies/in-order.ts'
import { Route } from '../routing/route.ts'
import { openEndpoint } from '../routing/routing.testing.ts'
import type { UpstreamEndpoint } from '../routing/upstream-endpoint.ts'
import { systemClock } from '../system/clock.ts'
import { type Candidates, checkCandidates, hasSeveralOrigins, mayReceive } from './candidates.ts'
import type { Upstream } from './deployment.ts'

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
	model: 'm',
	messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
	sampling: { temperature: 3 },
	stop: [],
	choices: 1,
	tools: [],
	toolChoice: { type: 'none' },
	parallelToolCalls: true,
	responseFormat: { type: 'text' },
	passthrough: {},
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
}

function upstreamOf({ accepts = false, service, model }: Setup, index: number): Upstream {
	const name = `u${index}`
	const endpoint = openEndpoint(name)
	const engine = Object.assign(openEcho({ clock: systemClock }), { signatureService: service })
	return { name, engine, endpoint, model, acceptsViolations: accepts }
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
})
