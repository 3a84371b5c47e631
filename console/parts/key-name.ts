// Names of keys, as the keyboard of this device shows them in the language of the page and as `aria-keyshortcuts` needs them.

import { text } from '../languages/languages.ts'

const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent)

const macSigns: Readonly<Record<string, string>> = { Ctrl: '⌘', Alt: '⌥', Shift: '⇧' }

/** @param keys such as `Ctrl Shift S`. */
export function keyName(keys: string): string {
	const names: Readonly<Record<string, string>> = { ...text.value.keyNames, ...(isMac ? macSigns : {}) }
	return keys.replace(/\w{2,}/g, (key) => names[key] ?? key)
}

/** @param keys names that are separated by spaces; one that has a plus is returned unchanged. */
export const ariaKeys = (keys: string): string =>
	keys.includes('+') ? keys : keys.replace('Ctrl', isMac ? 'Meta' : 'Control').replaceAll(' ', '+')
