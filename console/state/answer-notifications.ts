// Notifications of the system for answers that become ready while the page is hidden and no other window shows them, if the person
// turned them on. It does not know when an answer is ready.

import { effect } from '@preact/signals'
import { text } from '../languages/languages.ts'
import { conversations } from './conversation-list.ts'
import { markSeen, ready } from './ready-answers.ts'
import { addressOf, openAddress, type Route } from './route.ts'
import { isOnScreen } from './seen-elsewhere.ts'
import { settings } from './settings.ts'
import { isComparison } from './votes.ts'

export type NotificationState = 'on' | 'off' | 'refused' | 'unavailable'

/** `refused`: by the person or by the browser; `unavailable`: browsers have notifications on secure origins only. */
export function notificationState(): NotificationState {
	if (!isSecureContext || !('Notification' in globalThis)) return 'unavailable'
	if (Notification.permission === 'denied') return 'refused'
	return settings.value.notifies && Notification.permission === 'granted' ? 'on' : 'off'
}

/** Requests the permission of the person, if it is needed. @returns whether notifications are permitted. */
export const permitNotifications = async (): Promise<boolean> => (await Notification.requestPermission()) === 'granted'

interface ShownNotification {
	close(): void
}

/**
 * Shows a notification for each answer that becomes ready, and removes it when the answer has been seen. An answer that another
 * window shows counts as seen.
 */
export function followReadyAnswers(): void {
	const shown = new Map<string, ShownNotification>()
	let known: ReadonlySet<string> = new Set()
	const announce = async (id: string) => {
		if (await isOnScreen(id).catch(() => false)) markSeen(id)
		else if (known.has(id) && document.hidden && notificationState() === 'on') shown.set(id, notify(id))
	}
	effect(() => {
		const before = known
		known = ready.value
		for (const [id, notification] of shown)
			if (!known.has(id)) {
				notification.close()
				shown.delete(id)
			}
		for (const id of known) if (!before.has(id)) void announce(id)
	})
	navigator.serviceWorker?.addEventListener('message', ({ data }) => {
		if (data?.type === 'open') openAddress(String(data.address))
	})
}

function notify(id: string): ShownNotification {
	const conversation = conversations.peek().items.find((item) => item.id === id)
	const words = text.peek()
	const title = conversation?.title ?? words.untitled
	const to: Route = { name: isComparison(conversation?.metadata ?? {}) ? 'compare' : 'conversation', id }
	const address = addressOf(to)
	// Another tab that knows the same answer replaces the notification.
	const options = { body: words.answerReady, lang: words.tag, tag: id, data: { address } }
	try {
		const notification = new Notification(title, options)
		notification.onclick = () => {
			notification.close()
			window.focus()
			openAddress(address)
		}
		return notification
	} catch {
		return notifyByWorker(title, options)
	}
}

/** On devices whose notifications a service worker shows: phones. */
function notifyByWorker(title: string, options: NotificationOptions & { readonly tag: string }): ShownNotification {
	const worker = navigator.serviceWorker?.getRegistration()
	// Without a service worker there is none; the title of the page counts the answer.
	void worker?.then((registration) => registration?.showNotification(title, options)).catch(() => undefined)
	return {
		close() {
			void worker
				?.then(async (registration) => {
					for (const shown of (await registration?.getNotifications({ tag: options.tag })) ?? []) shown.close()
				})
				.catch(() => undefined)
		},
	}
}
