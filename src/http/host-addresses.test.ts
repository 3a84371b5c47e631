import { expect, test } from 'bun:test'
import { ChatError } from '../chat/error.ts'
import type { SharePath } from '../system/fair-queue.ts'
import { HostAddresses, type HostAddressesOptions, lookUpAddresses } from './host-addresses.ts'

const busy: SharePath = ['a', 'busy']
const other: SharePath = ['b', 'other']

/** Lookups that end when the test says so. */
function open(options: Partial<HostAddressesOptions> = {}) {
	const asked: string[] = []
	const answers = new Map<string, PromiseWithResolvers<readonly string[]>>()
	let nowMs = 0
	const addresses = new HostAddresses({
		lookUp: (name) => {
			asked.push(name)
			const answer = Promise.withResolvers<readonly string[]>()
			answers.set(name, answer)
			return answer.promise
		},
		nowMs: () => nowMs,
		timeoutMs: 60_000,
		...options,
	})
	return {
		addresses,
		asked,
		answer: (name: string, ...found: string[]) => answers.get(name)?.resolve(found),
		fail: (name: string) => answers.get(name)?.reject(new Error('no such name')),
		pass: (ms: number) => {
			nowMs += ms
		},
	}
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

test('a result is valid for a short time, and callers of the same name share a lookup', async () => {
	const { addresses, asked, answer, pass } = open({ cacheMs: 1000 })
	const both = Promise.all([addresses.find('a.example', busy), addresses.find('a.example', other)])
	await settled()
	answer('a.example', '192.0.2.1', '2001:db8::1')
	const found = ['192.0.2.1', '2001:db8::1']
	expect(await both).toEqual([found, found])
	pass(999)
	expect(await addresses.find('a.example', busy)).toEqual(found)
	expect(asked).toEqual(['a.example'])
	pass(1)
	const later = addresses.find('a.example', busy)
	await settled()
	answer('a.example', '192.0.2.2')
	expect(await later).toEqual(['192.0.2.2'])
	expect(asked).toHaveLength(2)
})

test('a name that does not exist has no addresses, and neither has one that is not resolved in time', async () => {
	const { addresses, fail } = open()
	const none = addresses.find('none.example', busy)
	await settled()
	fail('none.example')
	expect(await none).toEqual([])
	expect(await addresses.find('none.example', busy)).toEqual([])
	const slow = open({ timeoutMs: 1 })
	expect(await slow.addresses.find('slow.example', busy)).toEqual([])
	// Its result is used once it is there.
	slow.answer('slow.example', '192.0.2.1')
	await settled()
	expect(await slow.addresses.find('slow.example', busy)).toEqual(['192.0.2.1'])
})

test('the number of cached names has a maximum', async () => {
	const asked: string[] = []
	const lookUp = async (name: string) => {
		asked.push(name)
		return [name]
	}
	const { addresses } = open({ lookUp, maxCached: 2 })
	for (const name of ['a', 'b', 'c', 'b', 'c', 'a']) await addresses.find(name, busy)
	expect(asked).toEqual(['a', 'b', 'c', 'a'])
})

test('a caller with many lookups that do not end leaves room for others', async () => {
	const { addresses, asked, answer } = open()
	const stuck = Array.from({ length: 500 }, (_, at) => addresses.find(`${at}.slow.example`, busy))
	await settled()
	expect(asked.length).toBeLessThan(20)
	const found = addresses.find('quick.example', other)
	await settled()
	answer('quick.example', '192.0.2.1')
	expect(await found).toEqual(['192.0.2.1'])
	for (let at = 0; at < 500; at++) {
		await settled()
		answer(`${at}.slow.example`)
	}
	expect(await Promise.all(stuck)).toHaveLength(500)
})

test('too many lookups that wait are refused, and those of other callers are not', async () => {
	const { addresses, asked } = open({ timeoutMs: 50 })
	const outcomes = Array.from({ length: 2000 }, (_, at) =>
		addresses.find(`${at}.slow.example`, busy).then(
			() => 'none',
			(thrown: unknown) => (thrown instanceof ChatError ? thrown.kind : thrown),
		),
	)
	await settled()
	const found = addresses.find('quick.example', other)
	await settled()
	expect(asked).toContain('quick.example')
	expect(await found).toEqual([])
	expect(new Set(await Promise.all(outcomes))).toEqual(new Set(['none', 'overloaded']))
})

test('names are resolved as programs of this machine resolve them', async () => {
	const [first] = await lookUpAddresses('localhost')
	expect(['127.0.0.1', '::1']).toContain(first ?? '')
})
