// Names of keys, as the keyboard of this device shows them and as `aria-keyshortcuts` needs them.

const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent)

/** @param keys such as `Ctrl Shift S`. */
export const keyName = (keys: string): string => (isMac ? keys.replaceAll('Ctrl', '⌘').replaceAll('Alt', '⌥') : keys)

/** @param keys names that are separated by spaces; one that has a plus is returned unchanged. */
export const ariaKeys = (keys: string): string =>
	keys.includes('+') ? keys : keys.replace('Ctrl', isMac ? 'Meta' : 'Control').replaceAll(' ', '+')
