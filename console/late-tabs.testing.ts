// What one tab stores, sends and releases reaches the others in any order: tabs may be separate processes.

import type { Page } from 'playwright-core'

/** Delays what other tabs store for this page, which must not have been opened yet; in milliseconds. */
export async function delayStorage(page: Page, delayMs: number): Promise<void> {
	await page.addInitScript((ms) => {
		const device = window.localStorage
		const entries: Record<string, string> = Object.assign(Object.create(null), device)
		const apply = (name: string, value: string | null) => {
			if (value === null) delete entries[name]
			else entries[name] = value
		}
		const methods = {
			getItem: (name: string) => entries[name] ?? null,
			setItem(name: string, value: string) {
				device.setItem(name, value)
				apply(name, value)
			},
			removeItem(name: string) {
				device.removeItem(name)
				apply(name, null)
			},
		}
		const delayed = new Proxy(entries, {
			get: (_, name) => Reflect.get(Reflect.has(methods, name) ? methods : entries, name),
		})
		Object.defineProperty(window, 'localStorage', { value: delayed })
		const arrived = new WeakSet<Event>()
		window.addEventListener('storage', (event) => {
			if (arrived.has(event)) return
			event.stopImmediatePropagation()
			setTimeout(() => {
				const { key, oldValue, newValue } = event
				if (key !== null) apply(key, newValue)
				const late = new StorageEvent('storage', { key, oldValue, newValue })
				arrived.add(late)
				window.dispatchEvent(late)
			}, ms)
		})
	}, delayMs)
}

/** Delays the messages of other tabs for this page, which must not have been opened yet; in milliseconds. */
export async function delayMessages(page: Page, delayMs: number): Promise<void> {
	await page.addInitScript((ms) => {
		window.BroadcastChannel = class extends BroadcastChannel {
			override set onmessage(receive: (event: MessageEvent) => void) {
				super.onmessage = (event) => setTimeout(() => receive(event), ms)
			}
		}
	}, delayMs)
}
