// The keys of a conversation. Single keys act only while no text field has the focus. What a key does is what the button with
// that shortcut does (`aria-keyshortcuts`) in the turn that has the focus, or is nearest the middle of the view. In a comparison,
// the view is the column that has the focus, or else the first one.

import type { Chat } from '../state/chat.ts'
import { settings } from '../state/settings.ts'
import { revealEvent } from './talk-events.ts'

const composerSelector = '.composer textarea'

type StoppableChat = Pick<Chat, 'isAnswering' | 'stop'>

/** Handles the keys until the result is called. */
export function listenForKeys(chat: StoppableChat): () => void {
	const handle = (event: KeyboardEvent) => {
		if (event.defaultPrevented || event.isComposing || document.querySelector('dialog[open]') !== null) return
		if (act(chat, event)) event.preventDefault()
	}
	window.addEventListener('keydown', handle)
	return () => window.removeEventListener('keydown', handle)
}

/** Whether the key did something. */
function act(chat: StoppableChat, event: KeyboardEvent): boolean {
	const { key } = event
	if (event.ctrlKey || event.metaKey) return false
	if (event.altKey && (key === 'ArrowLeft' || key === 'ArrowRight')) return press(currentRow(), shortcut(`Alt+${key}`))
	if (event.altKey) return false
	if (key === 'Escape') return stopAnswer(chat)
	const field = textField(event.target)
	if (key === 'ArrowUp' && field?.matches(composerSelector) === true && field.value === '') return editLast()
	if (field !== undefined || !settings.value.singleKeys) return false
	return actBySingleKey(event)
}

function actBySingleKey({ key, shiftKey }: KeyboardEvent): boolean {
	const row = currentRow()
	switch (key.toLowerCase()) {
		case 'j':
			return moveBy(1)
		case 'k':
			return moveBy(-1)
		case 'c':
			return press(row, shortcut('C'))
		case 'r':
			// The answer that may have the focus is replaced.
			viewOfTurns()?.focus({ preventScroll: true })
			return press(row, shortcut(shiftKey ? 'Shift+R' : 'R'))
		case 'e':
			return press(row, shortcut('E'))
		case 't':
			return press(row, '.thinking > summary')
		case '.':
			return press(row, shortcut('.'))
		case '/':
			return focus(document.querySelector<HTMLElement>(composerSelector))
		default:
			return false
	}
}

const shortcut = (keys: string): string => `[aria-keyshortcuts="${keys}"]`

/** Presses the last button of this kind: that of the newest of joined answers. */
function press(within: ParentNode | undefined, selector: string): boolean {
	const button = [...(within?.querySelectorAll<HTMLElement>(selector) ?? [])].at(-1)
	button?.click()
	return button !== undefined
}

function focus(element: HTMLElement | null): boolean {
	element?.focus()
	return element !== null
}

function stopAnswer(chat: StoppableChat): boolean {
	if (document.querySelector(':popover-open') !== null || !chat.isAnswering.value) return false
	void chat.stop()
	return focus(document.querySelector<HTMLElement>(composerSelector))
}

function editLast(): boolean {
	// In a comparison, an edit would make the columns differ.
	return viewOfTurns()?.matches('.talk') === true && press(rows().at(-1), shortcut('E'))
}

/** What scrolls the turns. */
function viewOfTurns(): HTMLElement | undefined {
	const focused = document.activeElement?.closest('.column')?.querySelector<HTMLElement>('.column-text')
	return focused ?? document.querySelector<HTMLElement>('.talk, .column-text') ?? undefined
}

const rows = (): readonly HTMLElement[] => [...(viewOfTurns()?.querySelectorAll<HTMLElement>('[data-row]') ?? [])]

function currentRow(): HTMLElement | undefined {
	const focused = document.activeElement?.closest<HTMLElement>('[data-row]')
	return focused ?? nearestMiddle()
}

function nearestMiddle(): HTMLElement | undefined {
	const view = viewOfTurns()?.getBoundingClientRect()
	if (view === undefined) return undefined
	const middle = (view.top + view.bottom) / 2
	const distance = (row: HTMLElement) => {
		const { top, bottom } = row.getBoundingClientRect()
		return Math.max(top - middle, middle - bottom, 0)
	}
	return rows().toSorted((a, b) => distance(a) - distance(b))[0]
}

/** Moves the focus to the next or previous question or answer. */
function moveBy(offset: 1 | -1): boolean {
	const turns = [...(viewOfTurns()?.querySelectorAll<HTMLElement>('article.turn') ?? [])]
	const focused = document.activeElement?.closest('article.turn')
	const nearest = nearestMiddle()
	const current = focused instanceof HTMLElement ? turns.indexOf(focused) : -1
	const next = current === -1 ? turns.findIndex((turn) => nearest?.contains(turn) === true) : current + offset
	const turn = turns[next]
	if (turn === undefined) return turns.length > 0
	turn.tabIndex = -1
	turn.focus({ preventScroll: true })
	turn.scrollIntoView({ block: turn.offsetHeight > innerHeight / 2 ? 'start' : 'nearest' })
	// The rows around it are needed for the next step.
	const id = turn.closest('[data-row]')?.querySelector<HTMLElement>('[data-turn]')?.dataset.turn
	if (next === 0 || next === turns.length - 1)
		turn.closest('.talk')?.dispatchEvent(new CustomEvent(revealEvent, { detail: id }))
	return true
}

/** The text field that has the focus, if it is one. */
export function textField(target: EventTarget | null): HTMLTextAreaElement | HTMLInputElement | undefined {
	if (target instanceof HTMLTextAreaElement) return target
	if (target instanceof HTMLInputElement && !['checkbox', 'radio', 'button', 'range'].includes(target.type))
		return target
	return undefined
}
