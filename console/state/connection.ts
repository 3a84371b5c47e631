// When it is worth trying to reach the server again: after a pause, or sooner if the browser is online again, the page is
// visible again, or the computer wakes up. A browser that says it is offline may still reach a server on the same machine.

import { signal } from '@preact/signals'

/** Pauses between the attempts to reconnect, in milliseconds; the last one repeats. */
const pausesMs: readonly number[] = [500, 1000, 2000, 4000, 8000]

/** Whether the browser has a network. */
export const online = signal(navigator.onLine)

/** Whether the last attempt to read the lists of the server reached it. */
export const reached = signal(true)

const wakes = new EventTarget()

/** A timer that is late by more than this means that the computer slept. */
const asleepMs = 10_000
const tickMs = 5000

/** Observes the browser's network, the page's visibility and the clock. */
export function watchConnection(): void {
	window.addEventListener('online', () => {
		online.value = true
		wakes.dispatchEvent(new Event('wake'))
	})
	window.addEventListener('offline', () => {
		online.value = false
	})
	document.addEventListener('visibilitychange', () => {
		if (!document.hidden) wakes.dispatchEvent(new Event('visible'))
	})
	let last = Date.now()
	setInterval(() => {
		const now = Date.now()
		if (now - last > tickMs + asleepMs && !document.hidden) wakes.dispatchEvent(new Event('wake'))
		last = now
	}, tickMs)
}

/** Calls `run` when a connection that looks alive may be dead: the network changed, or the computer slept. */
export function onWake(run: () => void, until: AbortSignal): void {
	wakes.addEventListener('wake', run, { signal: until })
}

/** Waits before attempt number `attempt` (from 0), with some jitter, or until the connection may be back. */
export function waitForConnection(attempt: number, until: AbortSignal): Promise<void> {
	const ms = pausesMs[Math.min(attempt, pausesMs.length - 1)] ?? 0
	return waitUntil(Date.now() + ms * (0.8 + Math.random() * 0.4), until, ['wake', 'visible'])
}

/** Waits until a time, unless the signal aborts or one of the events occurs first. */
export function waitUntil(timeMs: number, until: AbortSignal, events: readonly string[] = []): Promise<void> {
	if (until.aborted) return Promise.resolve()
	return new Promise((resolve) => {
		const ending = new AbortController()
		const done = () => {
			clearTimeout(timer)
			ending.abort()
			resolve()
		}
		const timer = setTimeout(done, Math.max(0, timeMs - Date.now()))
		for (const event of events) wakes.addEventListener(event, done, { signal: ending.signal })
		until.addEventListener('abort', done, { signal: ending.signal })
	})
}
