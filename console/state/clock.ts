// Seconds that pass while something is shown.

import { useEffect, useState } from 'preact/hooks'

/** Whole seconds since `sinceMs`, rendered anew each second unless `stopped`. */
export function useSeconds(sinceMs: number, stopped = false): number {
	const [now, setNow] = useState(Date.now)
	useEffect(() => {
		if (stopped) return undefined
		const timer = setInterval(() => setNow(Date.now()), 1000)
		return () => clearInterval(timer)
	}, [stopped])
	return Math.max(0, Math.floor((now - sinceMs) / 1000))
}
