// The one policy of Trusted Types of this page: scripts of workers, from the page's own folder only.

import { root } from './route.ts'

interface ScriptPolicy {
	createScriptURL(name: string): string
}

interface PolicyFactory {
	createPolicy(name: string, rules: { createScriptURL: (name: string) => string }): ScriptPolicy
}

const addressOf = (name: string): string => {
	if (!/^[\w-]+\.js$/.test(name)) throw new TypeError(`No script of this page: ${name}`)
	return new URL(`page/${name}`, root).href
}

let policy: ScriptPolicy | undefined

/** Browsers without Trusted Types take the address itself. */
function policyOfPage(): ScriptPolicy {
	const factory = (globalThis as { readonly trustedTypes?: PolicyFactory }).trustedTypes
	policy ??= factory?.createPolicy('dragoman', { createScriptURL: addressOf }) ?? { createScriptURL: addressOf }
	return policy
}

/** Registers the service worker for all addresses of the page. */
export const registerWorker = (name: string): Promise<ServiceWorkerRegistration> =>
	navigator.serviceWorker.register(policyOfPage().createScriptURL(name), { scope: root.href, updateViaCache: 'none' })
/** Starts a worker from a script that the build writes under this name. */
export const workerAt = (name: string): Worker =>
	new Worker(policyOfPage().createScriptURL(name), { type: 'module', name })
