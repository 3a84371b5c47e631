// Returns the focus to the conversation when the element that has it disappears: a form that closes, a button of an answer that is
// requested again, a row of another branch.

import type { RefObject } from 'preact'
import { useLayoutEffect } from 'preact/hooks'
import { focusElement } from './focus-turn.ts'

/** The turn gets the focus of what disappears in it, and the conversation that of the row. */
export function useHeldFocus(row: RefObject<HTMLElement | null>): void {
	useLayoutEffect(() => {
		const element = row.current
		if (element === null) return undefined
		let focused: Element | undefined
		let turn: Element | null = null
		const remember = ({ target }: FocusEvent) => {
			focused = target instanceof Element ? target : undefined
			turn = focused?.closest('.turn') ?? null
		}
		// The person has left it, unless it has just been removed.
		const forget = ({ target }: FocusEvent) =>
			queueMicrotask(() => {
				if (focused === target && focused?.isConnected === true) focused = undefined
			})
		const observer = new MutationObserver(() => {
			if (focused?.isConnected !== false || document.activeElement !== document.body) return
			focused = undefined
			focusElement(turn?.isConnected === true ? turn : element.querySelector('.turn:last-child'))
		})
		observer.observe(element, { childList: true, subtree: true })
		element.addEventListener('focusin', remember)
		element.addEventListener('focusout', forget)
		return () => {
			observer.disconnect()
			element.removeEventListener('focusin', remember)
			element.removeEventListener('focusout', forget)
			if (!element.contains(document.activeElement)) return
			const view = element.closest('.talk, .column-text')
			requestAnimationFrame(() => {
				if (document.activeElement === document.body) focusElement(view)
			})
		}
	}, [])
}
