import { expect, test } from 'bun:test'
import { RequestStarts } from './request-starts.ts'

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** Requests by caller, in the order in which they began; they end when the test ends. */
function begin(callers: readonly string[]) {
	const starts = new RequestStarts()
	const begun: string[] = []
	const add = (caller: string) =>
		starts.add(caller, () => {
			begun.push(caller)
			return new Promise(() => undefined)
		})
	for (const caller of callers) add(caller)
	return { begun, add }
}

const burst = Array.from({ length: 20 }, () => 'hostile')

test('all requests of one caller begin together', async () => {
	const { begun } = begin(burst)
	expect(begun).toEqual([])
	await turn()
	expect(begun).toEqual(burst)
})

test('a burst of one caller is spread over turns of the event loop if there is another one, whose request is among the first', async () => {
	const { begun, add } = begin([...burst, 'polite'])
	await turn()
	expect(begun.length).toBe(4)
	expect(begun).toContain('polite')
	for (let turns = 0; turns < 4; turns++) await turn()
	expect(begun.length).toBe(20)
	await turn()
	expect(begun.length).toBe(21)
	// The polite one has a request in flight.
	for (const caller of burst) add(caller)
	add('polite')
	await turn()
	expect(begun.length).toBe(25)
	expect(begun.slice(21)).toContain('polite')
})

test('a caller with many requests in flight has its turn among callers that have none', async () => {
	const { begun, add } = begin(burst)
	await turn()
	const others = Array.from({ length: 40 }, (_, index) => `other ${index}`)
	add('hostile')
	for (const caller of [...others, ...others]) add(caller)
	for (let turns = 0; turns < 12; turns++) await turn()
	expect(begun.slice(20)).toContain('hostile')
})

test('requests that end count no longer', async () => {
	const starts = new RequestStarts()
	starts.add('polite', async () => undefined)
	await turn()
	let begun = 0
	for (const caller of burst) starts.add(caller, async () => begun++)
	await turn()
	expect(begun).toBe(20)
})
