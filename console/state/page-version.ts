// Registers the service worker, and knows whether the server has a newer version of the page than the one on screen.

import { signal } from '@preact/signals'
import { registerWorker } from './trusted-scripts.ts'

/** Shows the newer version; undefined if the page on screen is the newest. */
export const newVersion = signal<(() => void) | undefined>(undefined)

/** How often a page that remains open looks for a newer version, in milliseconds. */
const lookMs = 3_600_000

/** Browsers permit service workers on secure origins only: with TLS, or on this machine. */
export async function keepForOffline(): Promise<void> {
	if (!isSecureContext || !('serviceWorker' in navigator)) return
	const { serviceWorker } = navigator
	let controlled = serviceWorker.controller !== null
	let accepted = false
	serviceWorker.addEventListener('controllerchange', () => {
		if (accepted) location.reload()
		// Another tab has accepted it.
		else if (controlled) void offerUnlessShown(serviceWorker.controller, () => location.reload())
		controlled = true
	})
	// Some browsers refuse without permission to store data; the page works without it.
	const registration = await registerWorker('service-worker.js').catch(() => undefined)
	if (registration === undefined) return
	const offer = (worker: ServiceWorker | null) => {
		const accept = () => {
			accepted = true
			worker?.postMessage({ type: 'activate' })
		}
		void offerUnlessShown(worker, accept, () => worker?.postMessage({ type: 'activate' }))
	}
	if (registration.waiting !== null && controlled) offer(registration.waiting)
	registration.addEventListener('updatefound', () => {
		const { installing } = registration
		installing?.addEventListener('statechange', () => {
			if (installing.state === 'installed' && controlled) offer(installing)
		})
	})
	const look = () => void registration.update().catch(() => undefined)
	setInterval(look, lookMs)
	document.addEventListener('visibilitychange', () => {
		if (!document.hidden) look()
	})
}

/** @param onShown called instead if the page on screen is of the worker's version. */
async function offerUnlessShown(worker: ServiceWorker | null, accept: () => void, onShown = () => {}): Promise<void> {
	if (worker === null) return
	if (await isOnScreen(worker)) onShown()
	else newVersion.value = accept
}

/** Whether the script of this page belongs to the version of the worker. */
function isOnScreen(worker: ServiceWorker): Promise<boolean> {
	const script = document.querySelector<HTMLScriptElement>('script[type=module]')
	const name = script?.src.slice(script.src.lastIndexOf('/') + 1)
	return new Promise((resolve) => {
		const { port1, port2 } = new MessageChannel()
		port1.onmessage = ({ data }) => resolve(data === true)
		worker.postMessage({ type: 'has-file', name }, [port2])
	})
}
