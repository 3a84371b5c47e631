// Who uses the page: an API key, from the address that the server printed, from the sign-in form, from this tab or from this
// device. It does not know whether the server accepts the key.

import { signal } from '@preact/signals'
import { whenTrue } from './condition.ts'
import { thisDevice, thisTab } from './storage.ts'

export interface Session {
	/** Empty before the sign-in. */
	readonly key: string
	/** Whether the key came with the address. */
	readonly byLink: boolean
	/** Whether the server rejected the key after it had accepted it: the page stays readable. */
	readonly rejected: boolean
}

export const session = signal<Session>({ key: '', byLink: false, rejected: false })

/** Reads the key of the address or of an earlier visit, and those of links that are opened later in this tab. */
export function openSession(): void {
	signInByAddress()
	if (session.value.key === '')
		session.value = { key: thisTab.read('key') ?? thisDevice.read('key') ?? '', byLink: false, rejected: false }
	window.addEventListener('hashchange', signInByAddress)
}

function signInByAddress(): void {
	const key = takeKeyFromAddress()
	if (key === undefined) return
	thisTab.write('key', key)
	session.value = { key, byLink: true, rejected: !isSendable(key) }
}

export function signIn(key: string, { onDevice }: { readonly onDevice: boolean }): void {
	thisTab.write('key', key)
	thisDevice.write('key', onDevice ? key : undefined)
	session.value = { key, byLink: false, rejected: false }
}

export function signOut(): void {
	thisTab.write('key', undefined)
	thisDevice.write('key', undefined)
	session.value = { key: '', byLink: false, rejected: false }
}

export function rejectKey(key: string): void {
	if (session.value.key === key) session.value = { ...session.value, rejected: true }
}

/** Resolves when the server accepts the session's key, or when the signal aborts. */
export const signedInAgain = (until: AbortSignal): Promise<void> => whenTrue(() => !session.value.rejected, until)

/** Whether a header can contain the key. */
export const isSendable = (key: string): boolean => /^[\x21-\x7e]+$/.test(key)

/** Removes the key from the address (`#key=…`) and from the history, so that no reload, bookmark or back navigation contains it. */
function takeKeyFromAddress(): string | undefined {
	const fields = new URLSearchParams(location.hash.slice(1))
	const key = fields.get('key')?.trim()
	if (key === undefined || key === '') return undefined
	history.replaceState(history.state, '', location.pathname + location.search)
	return key
}
