// G and then another key opens a screen of the console. Single keys act only while no text field has the focus.

import { textField } from './chat/chat-keys.ts'
import { type ConsoleScreen, navigate } from './state/route.ts'
import { settings } from './state/settings.ts'

const screens: Readonly<Record<string, ConsoleScreen>> = { o: 'overview', u: 'usage', l: 'limits', k: 'keys' }

/** How long the second key may take, in milliseconds. */
const secondKeyMs = 1500

/** Handles the keys until the result is called. It comes before other handlers, because some second keys act alone, too. */
export function listenForGoKeys(): () => void {
	let untilMs = 0
	const handle = (event: KeyboardEvent) => {
		const { key, ctrlKey, metaKey, altKey, shiftKey } = event
		const isSingle = !(ctrlKey || metaKey || altKey || shiftKey || event.isComposing)
		const acts = isSingle && settings.value.singleKeys && textField(event.target) === undefined
		const screen = event.timeStamp < untilMs && acts ? screens[key.toLowerCase()] : undefined
		untilMs = acts && key.toLowerCase() === 'g' && !isDialogOpen() ? event.timeStamp + secondKeyMs : 0
		if (screen === undefined) return
		event.preventDefault()
		navigate({ name: 'console', screen })
	}
	window.addEventListener('keydown', handle, true)
	return () => window.removeEventListener('keydown', handle, true)
}

const isDialogOpen = (): boolean => document.querySelector('dialog[open]') !== null
