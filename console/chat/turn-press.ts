// A long press on a turn opens its menu.

/** What has a use of its own for a press. */
const ownUses = 'a, button, input, textarea, select, summary, form, pre, .tokens, .selectable'

/** @returns whether the pressed element is part of a turn that has a menu. */
export function openTurnMenu(target: Element): boolean {
	if (target.closest(ownUses) !== null) return false
	const button = target.closest('.turn')?.querySelector<HTMLElement>('.turn-menu')
	// With a pointer that hovers, some turns have no menu.
	if (button?.checkVisibility() !== true) return false
	button.click()
	return true
}
