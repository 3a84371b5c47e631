// Stored values of the page, for this tab or on this device. If storage is unavailable, values last as long as the page is open.

import { base } from './api.js'

/** Two servers may share an origin under different paths. */
const nameOf = (name) => base.pathname.slice(1) + name

export const thisTab = open(() => sessionStorage)
export const thisDevice = open(() => localStorage)

function open(storage) {
	const attempt = (action) => {
		try {
			return action(storage()) ?? undefined
		} catch {
			// Storage is blocked or full.
			return undefined
		}
	}
	return {
		read: (name) => attempt((items) => JSON.parse(items.getItem(nameOf(name)))),
		write: (name, value) => attempt((items) => items.setItem(nameOf(name), JSON.stringify(value))),
		remove: (name) => attempt((items) => items.removeItem(nameOf(name))),
	}
}
