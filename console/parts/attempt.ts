// Runs requests that change something, and explains in a sentence why one failed.

import { ConnectionLost, ServerError } from '../api/server.ts'
import { text } from '../languages/languages.ts'
import { showToast } from './toast.tsx'

/** A failure is shown as a toast. @returns whether it succeeded. */
export async function attempt(action: Promise<void>): Promise<boolean> {
	try {
		await action
		return true
	} catch (failure) {
		showToast({ text: explain(failure) })
		return false
	}
}

export function explain(failure: unknown): string {
	const words = text.value
	if (failure instanceof ConnectionLost || isUnloaded(failure)) return words.serverNotReached
	if (failure instanceof ServerError)
		return failure.status === 404 ? words.notFound : words.serverWords(failure.message)
	return failure instanceof Error ? failure.message : String(failure)
}

/** Whether code of the page could not be loaded, in the sentences of Chromium, Firefox and Safari. */
const isUnloaded = (failure: unknown): boolean =>
	failure instanceof TypeError && /dynamically imported module|importing a module script/i.test(failure.message)

/** Changes that run at the same time. */
const concurrent = 4

/** Applies a change to each. @returns those that failed, and why the first one did. */
export async function forEachItem<Item>(
	items: readonly Item[],
	change: (item: Item) => Promise<void>,
): Promise<{ readonly failed: readonly Item[]; readonly reason: string }> {
	const [left, failed] = [[...items], [] as Item[]]
	let reason = ''
	const work = async () => {
		for (let item = left.shift(); item !== undefined; item = left.shift()) {
			try {
				await change(item)
			} catch (failure) {
				failed.push(item)
				reason ||= explain(failure)
			}
		}
	}
	await Promise.all(Array.from({ length: concurrent }, work))
	return { failed, reason }
}
