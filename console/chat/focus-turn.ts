// Gives the focus to a turn, or to what opens its editor, after the element that had it has disappeared.

/** The last article of a row, which is its answer, after the next rendering; the message box if the conversation has no such turn. */
export function focusAnswer(turn: string | undefined): void {
	requestAnimationFrame(() => focusElement(document.querySelector(`[data-turn="${CSS.escape(turn ?? '')}"]`)))
}

/** The question of the row with this answer, after the next rendering. */
export function focusQuestion(turn: string | undefined): void {
	requestAnimationFrame(() => {
		const answer = document.querySelector(`[data-turn="${CSS.escape(turn ?? '')}"]`)
		focusElement(answer?.closest('[data-row]')?.querySelector('.turn.question') ?? answer)
	})
}

/** The button of a turn that opened an editor in it, after the next rendering. */
export function focusOpener(turn: Element | null | undefined): void {
	requestAnimationFrame(() => {
		const openers = turn?.querySelectorAll<HTMLElement>('[aria-keyshortcuts="E"], .turn-menu') ?? []
		const shown = [...openers].find((opener) => opener.checkVisibility())
		if (shown === undefined) focusElement(turn)
		else shown.focus({ preventScroll: true })
	})
}

/** Without scrolling. Nothing to focus means the message box. */
export function focusElement(element: Element | null | undefined): void {
	if (!(element instanceof HTMLElement)) {
		document.querySelector<HTMLElement>('.composer textarea')?.focus()
		return
	}
	if (element.tabIndex < 0) element.tabIndex = -1
	element.focus({ preventScroll: true })
}
