// Repeats work that takes long less often: an unusually long block of a growing text must not occupy the page all the time.

import { useEffect, useRef, useState } from 'preact/hooks'

/** Of the time, at most one part in so many is spent on the work. */
const share = 8
/** Work that takes less is done at every rendering. */
const shortMs = 4

/** The result of `work`, or the former one while `paced` and the last run was long and recent. */
export function usePaced<Result>(work: () => Result, paced: boolean): Result {
	const last = useRef<{ readonly result: Result; readonly dueMs: number } | undefined>(undefined)
	const [, renderAgain] = useState(0)
	const former = last.current
	const now = performance.now()
	const waitMs = paced && former !== undefined ? former.dueMs - now : 0
	if (former === undefined || waitMs <= 0) {
		const result = work()
		const tookMs = performance.now() - now
		last.current = { result, dueMs: tookMs < shortMs ? 0 : now + tookMs * share }
	}
	useEffect(() => {
		if (waitMs <= 0) return undefined
		const timer = setTimeout(() => renderAgain((count) => count + 1), waitMs)
		return () => clearTimeout(timer)
	})
	return (last.current ?? former)?.result as Result
}
