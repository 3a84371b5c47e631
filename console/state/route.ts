// The page's addresses below the folder that serves it, which may be any path of a proxy. It does not know the screens.

import { batch, signal } from '@preact/signals'
import { thisTab } from './storage.ts'

/** The page's root. The scripts are in the folder `page/` below it. */
export const root = new URL('..', import.meta.url)

export const consoleScreens = ['overview', 'usage', 'limits', 'keys'] as const
export type ConsoleScreen = (typeof consoleScreens)[number]

/** The sections of the settings that an address can name (`settings#keys`). */
export const settingsSections = ['device', 'chat', 'conversations', 'tools', 'keys', 'votes'] as const
export type SettingsSection = (typeof settingsSections)[number]

export type Route =
	| { readonly name: 'new' }
	| { readonly name: 'conversation'; readonly id: string }
	| { readonly name: 'compare'; readonly id: string | undefined }
	| { readonly name: 'share'; readonly id: string }
	| { readonly name: 'settings'; readonly section?: SettingsSection | undefined }
	| { readonly name: 'console'; readonly screen: ConsoleScreen }

const notedAddress = 'address'

export const route = signal<Route>(readRoute(takeOverAddress()))

/** Counts the new chats that were requested: each is another one than a chat that has a question already. */
export const newChats = signal(0)

export const addressOf = (to: Route): string => new URL(pathOf(to), root).href

/** Whether the screen has a message box, and the panels of a conversation. */
export const hasMessageBox = ({ name }: Route): boolean =>
	name === 'new' || name === 'conversation' || name === 'compare'

/** Marks the entry of the browser's history that the sheet of the sidebar has while it is open. */
export const sheetState = { sheet: true }

export const isSheetEntry = (): boolean => history.state?.sheet === true

/**
 * Shows another screen; the browser's back button returns. A screen that is chosen in the sheet replaces its entry, and the one
 * that is shown already its own.
 */
export function navigate(to: Route, how: 'push' | 'replace' = 'push'): void {
	const address = addressOf(to)
	const pushes = how === 'push' && !isSheetEntry() && address !== location.href
	noteAddress(address)
	history[pushes ? 'pushState' : 'replaceState'](null, '', address)
	batch(() => {
		if (to.name === 'new') newChats.value++
		route.value = to
	})
}

/** Shows the screen of an address below the root; of another one, a new chat. */
export const openAddress = (address: string): void =>
	navigate(address.startsWith(root.href) ? readRoute(address) : { name: 'new' })

/** Follows the browser's buttons, and links within the page. */
export function followAddress(): void {
	window.addEventListener('popstate', () => {
		thisTab.write(notedAddress, undefined)
		const next = readRoute(location.href)
		// The sheet of the sidebar has an entry of the history for itself: the screen below it remains as it is.
		if (addressOf(next) !== addressOf(route.peek())) route.value = next
	})
	window.addEventListener('click', (event) => {
		const link = event.target instanceof Element ? event.target.closest('a') : null
		if (link === null || link.target !== '' || event.button !== 0 || event.defaultPrevented) return
		if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || !link.href.startsWith(root.href)) return
		event.preventDefault()
		navigate(readRoute(link.href))
	})
}

/** The message of the address (`#msg_…`), whose branch is shown. */
export const messageInAddress = (): string | undefined => /^#msg_([\w-]+)$/.exec(location.hash)?.[1]

/** Names the last message of the branch that is shown, so that a copy of the address opens the same branch. */
export function nameMessage(message: string | undefined): void {
	const hash = message === undefined ? '' : `#msg_${message}`
	if (location.hash !== hash) history.replaceState(history.state, '', location.pathname + location.search + hash)
}

/**
 * After `navigate`, a reload may still load the former address: the browser needs a moment to take over another one. This tab
 * has noted both.
 */
function takeOverAddress(): string {
	const [loading] = performance.getEntriesByType('navigation')
	const [former, next = ''] = thisTab.read(notedAddress)?.split(' ') ?? []
	thisTab.write(notedAddress, undefined)
	const isReload = loading instanceof PerformanceNavigationTiming && loading.type === 'reload'
	if (isReload && former === location.pathname && next.startsWith(root.href))
		history.replaceState(history.state, '', next)
	return location.href
}

function noteAddress(next: string): void {
	thisTab.write(notedAddress, `${location.pathname} ${next}`)
}

function pathOf(to: Route): string {
	switch (to.name) {
		case 'new':
			return './'
		case 'conversation':
			return `c/${to.id}`
		case 'compare':
			return to.id === undefined ? 'compare' : `compare/${to.id}`
		case 'share':
			return `s/${to.id}`
		case 'settings':
			return to.section === undefined ? 'settings' : `settings#${to.section}`
		case 'console':
			return to.screen === 'overview' ? 'console' : `console/${to.screen}`
	}
	to satisfies never
}

function readRoute(address: string): Route {
	const { pathname, hash } = new URL(address)
	const path = pathname.slice(root.pathname.length)
	const [, id] = /^c\/([\w-]+)$/.exec(path) ?? []
	if (id !== undefined) return { name: 'conversation', id }
	const compared = /^compare(?:\/([\w-]+))?$/.exec(path)
	if (compared !== null) return { name: 'compare', id: compared[1] }
	const [, share] = /^s\/([\w-]+)$/.exec(path) ?? []
	if (share !== undefined) return { name: 'share', id: share }
	const [isConsole, screen] = /^console(?:\/(.*))?$/.exec(path) ?? []
	if (isConsole !== undefined)
		return { name: 'console', screen: consoleScreens.find((known) => known === screen) ?? 'overview' }
	if (path !== 'settings') return { name: 'new' }
	return { name: 'settings', section: settingsSections.find((known) => `#${known}` === hash) }
}
