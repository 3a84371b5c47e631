// Ctrl S saves the form that has the focus, or that of the open dialog.

/** @returns whether the event was that shortcut in a form. */
export function saveForm(event: KeyboardEvent): boolean {
	const isShortcut = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.code === 'KeyS'
	if (!isShortcut) return false
	const focused = event.target instanceof Element ? event.target.closest('form') : null
	const form = focused ?? document.querySelector<HTMLFormElement>('dialog[open] form')
	// The message box sends; it has nothing to save.
	if (form === null || form.classList.contains('composer')) return false
	event.preventDefault()
	form.requestSubmit()
	return true
}
