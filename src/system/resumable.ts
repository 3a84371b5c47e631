// Work that reads or writes a large value in one synchronous function, in steps: a loop that has no time left ends the
// step, and the function runs again from its start with the results of the loops until then. So the same functions serve
// small requests, without any cost, and large ones. It does not know what the functions do.
//
// Such a function must not have effects outside, except on values of `retained`, and its loops must be over arrays that
// are the same objects each time. Progress with another array is lost: then steps become longer until one is long enough.
// What it does after the end of a step has no effect: it may catch errors, or be asynchronous; only what it does before
// its first `await` is done in steps.

/** Work in steps: each call of `next` takes a millisecond or less. It throws what the work throws. */
export type Steps<Result> = Iterator<unknown, Result, undefined>

interface LoopProgress {
	/** The index of the next element. */
	next: number
	/** The attempt that began it. */
	readonly since: number
}

interface ResumableAttempt {
	readonly number: number
	readonly nowMs: () => number
	readonly beganMs: number
	untilMs: number
	/** A loop had no time left. */
	isInterrupted: boolean
	/** By the array, then by the loop. */
	readonly progress: Map<object, Map<unknown, LoopProgress>>
	readonly results: Map<object, Map<unknown, unknown[]>>
	readonly retained: Map<object, Map<string, unknown>>
	/** Whether a loop of an earlier attempt made progress. */
	advanced: boolean
	/** Elements since the time was read. */
	elements: number
}

const stepMs = 0.5
/** Arrays up to this length are read again in each attempt. */
const shortLength = 32
/** Elements for each look at the clock. */
const elementsPerLook = 8

const monotonicMs = () => performance.now()

/** Ends an attempt that has no time left. */
const interruption = Symbol('interruption')

/** The attempt that runs: it is synchronous, so no other code sees it. */
let running: ResumableAttempt | undefined

/**
 * The steps of `work`.
 *
 * @param nowMs milliseconds of a monotonic clock.
 * @throws what `work` throws
 */
export function* resumable<Result>(
	work: () => Result,
	nowMs: () => number = monotonicMs,
): Generator<undefined, Result, undefined> {
	const progress = new Map<object, Map<unknown, LoopProgress>>()
	const results = new Map<object, Map<unknown, unknown[]>>()
	const retained = new Map<object, Map<string, unknown>>()
	let durationMs = stepMs
	let wasted = 0
	for (let number = 0; ; number++) {
		const beganMs = nowMs()
		const attempt: ResumableAttempt = {
			number,
			nowMs,
			beganMs,
			untilMs: beganMs + durationMs,
			isInterrupted: false,
			progress,
			results,
			retained,
			advanced: false,
			elements: 0,
		}
		const outer = running
		running = attempt
		try {
			const result = work()
			if (!attempt.isInterrupted) return result
			// An asynchronous function rejects with the interruption.
			if (result instanceof Promise) result.catch(() => undefined)
		} catch (thrown) {
			if (!attempt.isInterrupted) throw thrown
		} finally {
			running = outer
		}
		wasted = attempt.advanced ? 0 : wasted + 1
		if (wasted > 1) durationMs *= 2
		yield
	}
}

/**
 * The first result of `find` that is not undefined. It may end the step before any element.
 *
 * @param loop identifies the loop among those over the same array.
 */
export function findInSteps<Item, Result>(
	items: readonly Item[],
	loop: unknown,
	find: (item: Item, index: number) => Result | undefined,
): Result | undefined {
	const attempt = running
	if (attempt === undefined || items.length <= shortLength) {
		for (let index = 0; index < items.length; index++) {
			const found = find(items[index] as Item, index)
			if (found !== undefined) return found
		}
		return undefined
	}
	const progress = progressOf(attempt, items, loop)
	if (progress.next < items.length && progress.since < attempt.number) extend(attempt)
	for (let index = progress.next; index < items.length; index++) {
		interrupt(attempt)
		const found = find(items[index] as Item, index)
		if (found !== undefined) return found
		progress.next = index + 1
		if (progress.since < attempt.number) attempt.advanced = true
	}
	return undefined
}

/** The same for effects, which must be on values of `retained`. */
export function visitInSteps<Item>(
	items: readonly Item[],
	loop: unknown,
	visit: (item: Item, index: number) => void,
): void {
	findInSteps(items, loop, (item, index) => {
		visit(item, index)
		return undefined
	})
}

/** `items.map(map)`, in steps. */
export function mapInSteps<Item, Result>(
	items: readonly Item[],
	loop: unknown,
	map: (item: Item, index: number) => Result,
): readonly Result[] {
	if (running === undefined || items.length <= shortLength) return items.map(map)
	const results: Result[] = resultsOf(items, loop)
	visitInSteps(items, loop, (item, index) => results.push(map(item, index)))
	return results
}

/** An empty list for the results of a loop: the same one in each attempt that continues the loop. */
export function resultsOf<Result>(items: readonly unknown[], loop: unknown): Result[] {
	if (running === undefined || items.length <= shortLength) return []
	return entry(entry(running.results, items, newMap), loop, newList) as Result[]
}

const newMap = () => new Map<unknown, unknown[]>()
const newList = (): unknown[] => []

/** Whether the work is done in steps. */
export function isInSteps(): boolean {
	return running !== undefined
}

/**
 * A value that is the same in each attempt: made once for `owner`, an object that is the same in each attempt. If that is
 * an array, the value is the state of a loop over it: a new one if the loop begins again.
 */
export function retained<Value>(owner: unknown, name: string, make: () => Value): Value {
	if (running === undefined || typeof owner !== 'object' || owner === null) return make()
	if (Array.isArray(owner) && owner.length <= shortLength) return make()
	const byName = entry(running.retained, owner, () => new Map<string, unknown>())
	if (!byName.has(name)) byName.set(name, make())
	return byName.get(name) as Value
}

/** The names of the members of an object, the same array in each attempt if there are many. */
export function namesOf(object: object): readonly string[] {
	const names = Object.keys(object)
	return names.length <= shortLength ? names : retained(object, 'names', () => names)
}

function progressOf(attempt: ResumableAttempt, items: object, loop: unknown): LoopProgress {
	const byLoop = entry(attempt.progress, items, () => new Map<unknown, LoopProgress>())
	return entry(byLoop, loop, () => ({ next: 0, since: attempt.number }))
}

/**
 * Gives an attempt that continues a loop as much time as it took to repeat what is before it. That includes the elements
 * of the loops around it, each of which extends the attempt, too.
 */
function extend(attempt: ResumableAttempt): void {
	attempt.untilMs = Math.max(attempt.untilMs, 2 * attempt.nowMs() - attempt.beganMs)
}

/** Ends the step if its time is over. */
function interrupt(attempt: ResumableAttempt): void {
	if (!attempt.isInterrupted) {
		if (++attempt.elements % elementsPerLook !== 0 || attempt.nowMs() < attempt.untilMs) return
		attempt.isInterrupted = true
	}
	throw interruption
}

function entry<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
	const found = map.get(key)
	if (found !== undefined) return found
	const made = make()
	map.set(key, made)
	return made
}
