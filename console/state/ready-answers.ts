// Which conversations have an answer in progress, and which have one that became ready while the person was elsewhere: on another
// screen of this page, or in another window. It does not render.

import { computed, effect, signal } from '@preact/signals'
import { readAnswerStatus } from '../api/responses.ts'
import { touchConversation } from './conversation-list.ts'
import { route } from './route.ts'

/** Ids of conversations with an answer in progress. */
export const running = signal<ReadonlySet<string>>(new Set())
/** Ids of conversations with an answer that was not seen yet. */
export const ready = signal<ReadonlySet<string>>(new Set())
/** For the title of the document: `(1) `, or nothing. */
export const readyCount = computed(() => (ready.value.size === 0 ? '' : `(${ready.value.size}) `))

const hidden = signal(false)
const shownId = computed(() => {
	const shown = route.value
	return shown.name === 'conversation' || shown.name === 'compare' ? shown.id : undefined
})

/** Pauses between two looks at an answer that this page no longer reads, in milliseconds; the last one repeats. */
const pausesMs: readonly number[] = [1000, 2000, 4000, 8000]

export function markRunning(id: string, isRunning: boolean): void {
	const wasRunning = running.value.has(id)
	running.value = changed(running.value, id, isRunning)
	if (isRunning) touchConversation(id)
	else if (wasRunning && (hidden.value || shownId.value !== id)) ready.value = changed(ready.value, id, true)
}

/** Looks from time to time whether an answer has ended that this page no longer reads. */
export async function watchAnswer(conversation: string, response: string): Promise<void> {
	for (let look = 0; running.value.has(conversation) && shownId.value !== conversation; look++) {
		await new Promise((resolve) => setTimeout(resolve, pausesMs[Math.min(look, pausesMs.length - 1)]))
		if (shownId.value === conversation) return
		const status = await readAnswerStatus(response).catch(() => 'unknown')
		if (status !== 'in_progress' && status !== 'queued' && status !== 'unknown') markRunning(conversation, false)
	}
}

/** An answer has been seen when its conversation is on screen. */
export function followAttention(): void {
	const look = () => {
		hidden.value = document.hidden
	}
	look()
	document.addEventListener('visibilitychange', look)
	effect(() => {
		const id = shownId.value
		if (!hidden.value && id !== undefined && ready.value.has(id)) ready.value = changed(ready.value, id, false)
	})
}

function changed(ids: ReadonlySet<string>, id: string, isMember: boolean): ReadonlySet<string> {
	const next = new Set(ids)
	if (isMember) next.add(id)
	else next.delete(id)
	return next
}
