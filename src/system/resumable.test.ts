import { expect, test } from 'bun:test'
import { findInSteps, mapInSteps, namesOf, resumable, retained, type Steps, visitInSteps } from './resumable.ts'

const list = (length: number) => Array.from({ length }, (_, index) => index)

/** A clock that only work advances, so that the number of steps does not depend on the machine. */
let now = 0
const nowMs = () => now

function occupy(ms: number): void {
	now += ms
}

/** The result, with the number of steps and the longest one, in milliseconds. */
function finish<Result>(steps: Steps<Result>) {
	let longestMs = 0
	for (let count = 1; ; count++) {
		const began = now
		const next = steps.next()
		longestMs = Math.max(longestMs, now - began)
		if (next.done === true) return { result: next.value, count, longestMs }
	}
}

const stepsOf = <Result>(work: () => Result) => resumable(work, nowMs)

test('nested loops continue in each step, and each element is mapped once', () => {
	const lists = list(50).map(() => list(50))
	let calls = 0
	const work = () =>
		mapInSteps(lists, 'outer', (inner) =>
			mapInSteps(inner, 'inner', (value) => {
				calls++
				occupy(0.02)
				return value * 2
			}),
		)
	const { result, count } = finish(stepsOf(work))
	expect(result).toEqual(lists.map((inner) => inner.map((value) => value * 2)))
	expect(calls).toBe(2500)
	expect(count).toBeGreaterThan(10)
})

test('several loops over one array are independent, and complete outside of steps', () => {
	const items = list(1000)
	const work = () => [
		mapInSteps(items, 'a', (value) => value + 1),
		mapInSteps(items, 'b', (value) => {
			occupy(0.01)
			return value - 1
		}),
	]
	expect(finish(stepsOf(work)).result).toEqual(work())
})

test('the first result ends a loop', () => {
	const items = list(5000)
	const work = () =>
		findInSteps(items, 'found', (value) => {
			occupy(0.002)
			return value === 4321 ? `found ${value}` : undefined
		})
	expect(finish(stepsOf(work)).result).toBe('found 4321')
})

test('the state of a loop is retained with its progress, also of short arrays', () => {
	const items = list(20).map((length) => list(length * 4))
	const work = () => {
		const seen = retained(items, 'seen', (): number[] => [])
		visitInSteps(items, 'seen', (inner) => {
			const sums = retained(inner, 'sums', () => ({ sum: 0 }))
			visitInSteps(inner, 'sums', (value) => {
				occupy(0.05)
				sums.sum += value
			})
			seen.push(sums.sum)
		})
		return seen
	}
	expect(finish(stepsOf(work)).result).toEqual(items.map((inner) => inner.reduce((a, b) => a + b, 0)))
})

test('loops over arrays that are made anew in each step end, too', () => {
	const work = () =>
		mapInSteps(list(400), 'new', (value) => {
			occupy(0.05)
			return value
		})
	expect(finish(stepsOf(work)).result).toEqual(list(400))
})

test('what steps repeat takes no more than about half of the time', () => {
	// Short arrays around the long ones, which are read again in each step.
	const deep = list(20).map(() => list(20).map(() => list(40)))
	let repeats = 0
	const work = () => {
		repeats++
		return deep.map((middle) =>
			middle.map((inner) => {
				occupy(0.005)
				return mapInSteps(inner, 'inner', (value) => {
					occupy(0.01)
					return value
				})
			}),
		)
	}
	expect(finish(stepsOf(work)).result).toEqual(deep)
	// 160 ms of elements in about 170 steps, which repeat up to 2 ms. Eight elements in each step that repeats more than one
	// would be a thousand.
	expect(repeats).toBeLessThan(300)
})

test('what is repeated before an inner loop takes no more than about half of the time, too', () => {
	const [outer, inner] = [list(40), list(2000)]
	let repeats = 0
	const work = () =>
		mapInSteps(outer, 'outer', (index) => {
			if (index !== 20) return []
			repeats++
			occupy(3)
			return mapInSteps(inner, 'inner', (value) => {
				occupy(0.01)
				return value
			})
		})
	expect(finish(stepsOf(work)).result[20]).toEqual(inner)
	// 20 ms of elements in steps that repeat 3 ms: eight elements in each would be 250 steps.
	expect(repeats).toBeLessThan(15)
})

test('work that catches the end of a step, or is asynchronous, has the same result', async () => {
	const items = list(100)
	const read = () =>
		mapInSteps(items, 'read', (value) => {
			occupy(0.05)
			return value
		})
	const catching = () => {
		try {
			return read()
		} catch {
			return 'caught'
		}
	}
	expect(finish(stepsOf(catching)).result).toEqual(items)
	const { result, count } = finish(stepsOf(async () => read().length))
	expect(await result).toBe(100)
	expect(count).toBeGreaterThan(2)
})

test('an error of the work ends it, and the next work is not affected', () => {
	const failing = () =>
		mapInSteps(list(100), 'failing', (value) => {
			occupy(0.05)
			if (value === 90) throw new Error('wrong')
			return value
		})
	expect(() => finish(stepsOf(failing))).toThrow('wrong')
	expect(mapInSteps(list(3), 'after', (value) => value)).toEqual([0, 1, 2])
})

test('the names of an object are one array', () => {
	const object = Object.fromEntries(list(100).map((value) => [`name${value}`, value]))
	const arrays = new Set<unknown>()
	const work = () => {
		const names = namesOf(object)
		arrays.add(names)
		return mapInSteps(names, 'names', (name) => {
			occupy(0.05)
			return name
		})
	}
	expect(finish(stepsOf(work)).result).toEqual(Object.keys(object))
	expect(arrays.size).toBe(1)
})
