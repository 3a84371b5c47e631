// The API key: from the address that the server printed, from the field, from this tab, or, if the user chooses, from this device.

import { thisDevice, thisTab } from './storage.js'

/**
 * Removes the key from the address (`#key=…`) and from the history, so that no reload, bookmark or back navigation contains it.
 *
 * @returns the key, or undefined if the address has none.
 */
export function takeKeyFromAddress() {
	const fields = location.hash.slice(1).split('&')
	const value = fields.find((field) => field.startsWith('key='))?.slice('key='.length)
	if (value === undefined) return undefined
	history.replaceState(history.state, '', location.pathname + location.search)
	return decode(value).trim()
}

/** The key of this tab, else of this device; empty if there is none. */
export const rememberedKey = () => thisTab.read('key') ?? thisDevice.read('key') ?? ''

/** Stores the key for this tab, or deletes the stored one if it is empty. */
export const rememberInTab = (key) => remember(thisTab, key)

/** Stores the key for all tabs on this device, or deletes the stored one if it is empty. */
export const rememberOnDevice = (key) => remember(thisDevice, key)

export const isOnDevice = (key) => key !== '' && thisDevice.read('key') === key

function remember(storage, key) {
	if (key === '') storage.remove('key')
	else storage.write('key', key)
}

function decode(value) {
	try {
		return decodeURIComponent(value)
	} catch {
		return value
	}
}
