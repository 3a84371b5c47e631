import { describe, expect, test } from 'bun:test'
import { type FairEntry, FairQueue, type SharePath } from './fair-queue.ts'
import { randomIntegersOf, randomOf } from './random.testing.ts'

const a: SharePath = ['a', 'one']

function takeAll(queue: FairQueue<string>): readonly string[] {
	const taken: string[] = []
	for (let entry = queue.take(); entry !== undefined; entry = queue.take()) taken.push(entry.item)
	return taken
}

describe('a fair queue', () => {
	test('takes by tenant, then by owner, and in order within an owner', () => {
		const queue = new FairQueue<string>()
		for (const item of ['1', '2', '3', '4']) queue.add(a, `a1-${item}`)
		for (const item of ['1', '2']) queue.add(['a', 'two'], `a2-${item}`)
		queue.add(['b', 'one'], 'b-1')
		expect(takeAll(queue)).toEqual(['a1-1', 'b-1', 'a2-1', 'a1-2', 'a2-2', 'a1-3', 'a1-4'])
	})

	test('prefers the tenant with the fewest running entries', () => {
		const queue = new FairQueue<string>()
		for (let running = 0; running < 3; running++) queue.began(a)
		queue.began(['b', 'one'])
		for (const tenant of ['a', 'b', 'c']) for (const item of [1, 2]) queue.add([tenant, 'one'], `${tenant}${item}`)
		expect(takeAll(queue)).toEqual(['c1', 'b1', 'c2', 'b2', 'a1', 'a2'])
	})

	test('skips an owner that runs as many entries as it may', () => {
		const queue = new FairQueue<string>({ runningPerOwner: 1 })
		for (const item of ['a1', 'a2']) queue.add(a, item)
		queue.add(['a', 'two'], 'b1')
		expect([takeAll(queue), queue.waiting, queue.mayRun(a)]).toEqual([['a1', 'b1'], 1, false])
		queue.ended(a)
		expect(takeAll(queue)).toEqual(['a2'])
	})

	test('names the newest entry of the heaviest owner, and none if that is the asking one', () => {
		const queue = new FairQueue<string>()
		queue.began(a)
		queue.add(a, 'a1')
		queue.add(['b', 'x'], 'b1')
		for (const item of ['c1', 'c2']) queue.add(['c', 'x'], item)
		expect(queue.heaviest(['d', 'x'])?.item).toBe('a1')
		queue.add(['c', 'y'], 'c3')
		expect(queue.heaviest(['d', 'x'])?.item).toBe('c2')
		expect(queue.heaviest(['c', 'z'])?.item).toBe('c2')
		expect(queue.heaviest(['c', 'x'])).toBeUndefined()
		expect(queue.heaviest(['c', 'y'])).toBeUndefined()
	})

	test('counts the entries that are taken before one of them, whatever runs and whatever was removed', () => {
		for (let seed = 1; seed <= 200; seed++) {
			const random = randomIntegersOf(seed)
			const path = (): SharePath => [`t${random(3)}`, `o${random(3)}`]
			const queue = new FairQueue<string>()
			const waiting = new Set<FairEntry<string>>()
			for (let step = 0; step < 60; step++) {
				const act = random(10)
				const gone = act === 9 ? [...waiting][random(waiting.size)] : act === 8 ? queue.take() : undefined
				if (act < 6) waiting.add(queue.add(path(), `${step}`))
				else if (act < 8) queue.began(path())
				else if (gone !== undefined) {
					queue.remove(gone)
					waiting.delete(gone)
				}
			}
			const counted = new Map([...waiting].map((entry) => [entry.item, queue.ahead(entry)]))
			const order = takeAll(queue)
			expect([seed, order.map((item) => counted.get(item))]).toEqual([seed, order.map((_, position) => position)])
			for (const entry of waiting) expect(queue.ahead(entry)).toBe(0)
		}
	})

	test('removes entries from any position, once', () => {
		const queue = new FairQueue<string>()
		const [first, second, third] = ['1', '2', '3'].map((item) => queue.add(a, item))
		if (first === undefined || second === undefined || third === undefined) throw new Error('three entries')
		queue.remove(second)
		queue.remove(second)
		expect(queue.waiting).toBe(2)
		queue.remove(third)
		queue.add(a, '4')
		expect(takeAll(queue)).toEqual(['1', '4'])
	})

	test('takes nothing for a tenant that runs as many entries as it may', () => {
		const queue = new FairQueue<string>()
		queue.began(a)
		queue.add(a, 'a1')
		expect(queue.take(() => 1)).toBeUndefined()
		queue.add(['b', 'x'], 'b1')
		expect(queue.take(() => 1)?.item).toBe('b1')
	})
})

describe('with random calls', () => {
	const tenants = ['a', 'b', 'c', 'd']
	const owners = ['x', 'y', 'z']
	for (const seed of [1, 2, 3, 4, 5])
		test(`no waiting tenant is overtaken by one that runs more, and owners are served in order (seed ${seed})`, () => {
			const random = randomOf(seed)
			const pick = <Value>(values: readonly Value[]): Value => {
				const value = values[Math.floor(random() * values.length)]
				if (value === undefined) throw new Error('nothing to choose from')
				return value
			}
			const queue = new FairQueue<number>()
			const waiting = new Map<string, number[]>()
			const running: SharePath[] = []
			const runningOf = (tenant: string) => running.filter(([other]) => other === tenant).length
			for (let step = 0; step < 4000; step++) {
				const path: SharePath = [pick(tenants), pick(owners)]
				const name = path.join()
				const kind = random()
				if (kind < 0.45) {
					queue.add(path, step)
					waiting.set(name, [...(waiting.get(name) ?? []), step])
				} else if (kind < 0.75) {
					const entry = queue.take()
					const all = [...waiting].filter(([, items]) => items.length > 0)
					expect(entry === undefined).toBe(all.length === 0)
					if (entry === undefined) continue
					expect(waiting.get(entry.path.join())?.shift()).toBe(entry.item)
					const fewest = Math.min(...all.map(([key]) => runningOf(key.split(',')[0] ?? '')))
					expect(runningOf(entry.path[0])).toBe(fewest)
					running.push(entry.path)
				} else if (running.length > 0) {
					const ended = running.splice(Math.floor(random() * running.length), 1)[0]
					if (ended !== undefined) queue.ended(ended)
				}
				expect(queue.running).toBe(running.length)
				expect(queue.waiting).toBe([...waiting.values()].reduce((sum, items) => sum + items.length, 0))
			}
		})

	test('a tenant that waits is served after at most one call of each other tenant', () => {
		const queue = new FairQueue<string>()
		for (let call = 0; call < 100; call++) for (const tenant of ['a', 'b', 'c']) queue.add([tenant, 'x'], tenant)
		for (let turn = 0; turn < 10; turn++) {
			const entry = queue.take()
			if (entry !== undefined) queue.ended(entry.path)
		}
		queue.add(['late', 'x'], 'late')
		const before: string[] = []
		for (let entry = queue.take(); entry !== undefined && entry.item !== 'late'; entry = queue.take()) {
			before.push(entry.item)
			queue.ended(entry.path)
		}
		expect(before.length).toBeLessThanOrEqual(3)
	})
})

test('the cost of an operation does not grow with the number of entries or of tenants', () => {
	const cpuMsOf = (work: () => void) => {
		const before = process.cpuUsage()
		work()
		const { user, system } = process.cpuUsage(before)
		return (user + system) / 1000
	}
	const run = (count: number) => () => {
		const queue = new FairQueue<number>()
		const entries = Array.from({ length: count }, (_, at) => queue.add([`t${at % 500}`, `o${at % 1000}`], at))
		for (const entry of entries.slice(0, count / 2)) queue.remove(entry)
		for (let entry = queue.take(); entry !== undefined; entry = queue.take()) queue.ended(entry.path)
	}
	const least = (count: number) => Math.min(...Array.from({ length: 3 }, () => cpuMsOf(run(count))))
	run(10_000)()
	expect(least(40_000)).toBeLessThan(Math.max(least(10_000), 20) * 8)
})

test('the positions of all entries cost little more than that of one, with any number of callers', () => {
	const numberAll = (count: number) => {
		const queue = new FairQueue<number>()
		const entries = Array.from({ length: count }, (_, at) => queue.add([`t${at % (count / 4)}`, `o${at}`], at))
		for (const removed of entries.slice(count / 2, count / 2 + 1)) queue.remove(removed)
		const before = process.cpuUsage()
		const positions = new Set(entries.map((entry) => queue.ahead(entry)))
		const { user, system } = process.cpuUsage(before)
		expect(positions.size).toBe(count - 1)
		return (user + system) / 1000
	}
	const least = (count: number) => Math.min(...Array.from({ length: 3 }, () => numberAll(count)))
	numberAll(2000)
	// Eight times as many: one after the other would take 64 times as long, and seconds.
	expect(least(16_000)).toBeLessThan(Math.max(least(2000), 10) * 16)
})
