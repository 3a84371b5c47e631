// Which conversations have an answer in progress, and which have one that became ready while the person was elsewhere: on another
// screen of this page, or in another window. It does not render.

import { computed, effect, signal } from '@preact/signals'
import { readAnswerStatus } from '../api/responses.ts'
import { ServerError } from '../api/server.ts'
import { touchConversation } from './conversation-list.ts'
import { route } from './route.ts'

/** Ids of conversations with answers in progress, and the turns of these: a comparison has several. */
export const running = signal<ReadonlyMap<string, ReadonlySet<string>>>(new Map())
/** Ids of conversations with an answer that was not seen yet. */
export const ready = signal<ReadonlySet<string>>(new Set())
/** For the title of the document: `(1) `, or nothing. */
export const readyCount = computed(() => (ready.value.size === 0 ? '' : `(${ready.value.size}) `))

const hidden = signal(false)
const shownId = computed(() => {
	const shown = route.value
	return shown.name === 'conversation' || shown.name === 'compare' ? shown.id : undefined
})
/** Id of the conversation that the person can see. */
export const onScreen = computed(() => (hidden.value ? undefined : shownId.value))

/** Pauses between two looks at an answer that this page no longer reads, in milliseconds; the last one repeats. */
const pausesMs: readonly number[] = [1000, 2000, 4000, 8000]

export function markRunning(id: string, turn: string, isRunning: boolean): void {
	const before = running.value.get(id) ?? new Set()
	const turns = changeRunning(id, turn, isRunning)
	if (isRunning) touchConversation(id)
	else if (before.has(turn) && turns.size === 0 && onScreen.value !== id) ready.value = changed(ready.value, id, true)
}

function changeRunning(id: string, turn: string, isRunning: boolean): ReadonlySet<string> {
	const turns = changed(running.value.get(id) ?? new Set(), turn, isRunning)
	const next = new Map(running.value)
	if (turns.size > 0) next.set(id, turns)
	else next.delete(id)
	running.value = next
	return turns
}

/** The answer of a conversation has been seen, here or in another window. */
export function markSeen(id: string): void {
	if (ready.value.has(id)) ready.value = changed(ready.value, id, false)
}

/** The turns whose state is polled. */
const watched = new Set<string>()

/** Polls an answer that this page does not read until it has ended or is deleted. */
export async function watchAnswer(conversation: string, turn: string): Promise<void> {
	if (watched.has(turn)) return
	watched.add(turn)
	const isRunning = () => running.value.get(conversation)?.has(turn) === true
	for (let look = 0; isRunning(); look++) {
		await new Promise((resolve) => setTimeout(resolve, pausesMs[Math.min(look, pausesMs.length - 1)]))
		if (shownId.value === conversation) {
			// The page reads it.
			look = -1
			continue
		}
		if (!isRunning()) break
		const status = await readAnswerStatus(`resp_${turn}`).catch((failure: unknown) =>
			failure instanceof ServerError && failure.status === 404 ? 'deleted' : 'unknown',
		)
		if (status === 'deleted') changeRunning(conversation, turn, false)
		else if (status !== 'in_progress' && status !== 'queued' && status !== 'unknown')
			markRunning(conversation, turn, false)
	}
	watched.delete(turn)
}

/** An answer has been seen when its conversation is on screen. */
export function followAttention(): void {
	const look = () => {
		hidden.value = document.hidden
	}
	look()
	document.addEventListener('visibilitychange', look)
	effect(() => {
		if (onScreen.value !== undefined) markSeen(onScreen.value)
	})
}

function changed(ids: ReadonlySet<string>, id: string, isMember: boolean): ReadonlySet<string> {
	const next = new Set(ids)
	if (isMember) next.add(id)
	else next.delete(id)
	return next
}
