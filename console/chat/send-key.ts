// Which key sends a message, as the person has chosen: Enter, or Ctrl and Enter.

import { settings } from '../state/settings.ts'

/** Whether the key sends. Enter that ends the composition of a character never does. */
export function isSendKey({ key, shiftKey, ctrlKey, metaKey, isComposing }: KeyboardEvent): boolean {
	if (key !== 'Enter' || isComposing) return false
	return settings.value.sendsWithControl ? ctrlKey || metaKey : !shiftKey
}
