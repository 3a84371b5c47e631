// The keys that work on every screen.

import { textField } from './chat/chat-keys.ts'
import { composerId } from './chat/composer.tsx'
import { saveForm } from './form-key.ts'
import { listenForGoKeys } from './go-keys.ts'
import { handleLibraryShortcut } from './sidebar/library-dialogs.tsx'
import { libraryDialog } from './state/library-dialog.ts'
import { hasMessageBox, navigate, route } from './state/route.ts'
import { settings } from './state/settings.ts'
import { type SidePanelName, togglePanel } from './state/side-panel.ts'

/** Handles the keys until the result is called. */
export function listenForPageKeys(): () => void {
	window.addEventListener('keydown', handle)
	const end = listenForGoKeys()
	return () => {
		window.removeEventListener('keydown', handle)
		end()
	}
}

function handle(event: KeyboardEvent): void {
	if (event.defaultPrevented || event.isComposing || handleLibraryShortcut(event) || saveForm(event)) return
	if (document.querySelector('dialog[open]') === null && act(event)) event.preventDefault()
}

/** Whether the key did something. */
function act(event: KeyboardEvent): boolean {
	const { altKey, shiftKey, code, key } = event
	if (event.ctrlKey || event.metaKey) return !altKey && actWithControl(code, shiftKey)
	if (altKey && code === 'KeyN') {
		navigate({ name: 'new' })
		document.getElementById(composerId)?.focus()
		return true
	}
	if (altKey || key !== '?' || textField(event.target) !== undefined || !settings.value.singleKeys) return false
	libraryDialog.value = { type: 'shortcuts' }
	return true
}

const panels: Readonly<Record<string, SidePanelName>> = { KeyK: 'code', KeyB: 'tree' }

function actWithControl(code: string, shift: boolean): boolean {
	if (code === 'Comma' && !shift) {
		const button = document.querySelector<HTMLButtonElement>('.main .model-button')
		button?.click()
		return button !== null
	}
	if (code === 'KeyM' && shift) {
		navigate({ name: 'compare', id: undefined })
		return true
	}
	const panel = shift ? panels[code] : code === 'Period' ? 'parameters' : undefined
	// Screens without a conversation have no panels.
	if (panel === undefined || !hasMessageBox(route.value)) return false
	togglePanel(panel)
	return true
}
