// Conversations and the upstreams that hold their prefix: each goes to the same one, all together spread, and one that
// is lost takes only its own elsewhere.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type FaultTestGateway, startFaultTestGateway, upstreamAt } from './gateway.ts'
import { openScriptedUpstream, type ScriptedUpstream } from './scripted-upstream.ts'
import { healthy, refuses } from './scripts.ts'

const names = ['a', 'b', 'c'] as const
const conversations = Array.from({ length: 30 }, (_, number) => `Question ${number}: what is the capital?`)
let upstream: ScriptedUpstream
let gateway: FaultTestGateway

beforeAll(async () => {
	upstream = openScriptedUpstream()
	for (const name of names) upstream.script(name, healthy())
	gateway = await startFaultTestGateway({
		models: { m: { route: names, policy: 'affinity', retry: { baseMs: 1 } } },
		upstreams: Object.fromEntries(
			names.map((name) => [
				name,
				upstreamAt(upstream.urlOf(name), { breaker: { failures: 1, openMs: 600_000, maxOpenMs: 600_000 } }),
			]),
		),
	})
})
afterAll(async () => {
	await gateway.stop()
	upstream.close()
})

/** Which upstream answers the next turn of each conversation, after `turns` earlier ones. */
async function upstreamsOf(turns: number): Promise<readonly (string | undefined)[]> {
	return Promise.all(
		conversations.map(async (first, number) => {
			const later = Array.from({ length: 2 * turns }, (_, turn) => `turn ${turn} of ${number}`)
			const { requestId } = await gateway.send('m', { turns: [first, ...later], stream: number % 2 === 0 })
			return (await gateway.lineOf(requestId)).upstream
		}),
	)
}

test('each conversation stays on its upstream, and conversations are spread over all upstreams', async () => {
	const first = await upstreamsOf(0)
	for (const name of names) expect(first.filter((home) => home === name).length).toBeGreaterThan(2)
	for (let turns = 1; turns <= 3; turns++) expect(await upstreamsOf(turns)).toEqual(first)
})

test('conversations of an upstream that fails move to another one and stay there, and no others move', async () => {
	const before = await upstreamsOf(0)
	upstream.script('b', refuses(500, 'oops'))
	const after = await upstreamsOf(1)
	for (const [number, home] of before.entries())
		if (home === 'b') expect(after[number]).not.toBe('b')
		else expect(after[number]).toBe(home)
	expect(await upstreamsOf(2)).toEqual(after)
	const moved = new Set(after.filter((_, number) => before[number] === 'b'))
	expect(moved.size).toBe(2)
})
