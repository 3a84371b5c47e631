// Which conversations are on screen in the windows of this browser: an answer that one of them shows needs neither a notification
// nor a mark in the others. It does not know how answers are announced.

import { effect } from '@preact/signals'
import { markSeen, onScreen } from './ready-answers.ts'

const lockOf = (id: string): string => `dragoman.shown.${id}`

/** Announces what this window shows, and follows what other windows announce. */
export function followWindows(): void {
	if (typeof BroadcastChannel === 'undefined') return
	const windows = new BroadcastChannel('dragoman.shown')
	windows.onmessage = ({ data }) => markSeen(String(data))
	effect(() => {
		const id = onScreen.value
		if (id === undefined) return undefined
		const shown = Promise.withResolvers<void>()
		void announce(id, shown.promise, windows)
		return shown.resolve
	})
}

/** Without a secure origin there are no locks: a window that shows the conversation before its answer is ready is then unknown. */
async function announce(id: string, until: Promise<void>, windows: BroadcastChannel): Promise<void> {
	const hold = () => {
		windows.postMessage(id)
		return until
	}
	await (navigator.locks?.request(lockOf(id), { mode: 'shared' }, hold).catch(hold) ?? hold())
}

/** Whether a window of this browser, which may be this one, has the conversation on screen. */
export async function isOnScreen(id: string): Promise<boolean> {
	const { held = [] } = (await navigator.locks?.query()) ?? {}
	return held.some(({ name }) => name === lockOf(id))
}
