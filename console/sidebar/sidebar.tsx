// The sidebar: new chat, search, the conversations in sections, the account. On a narrow window it is a sheet.

import { PanelLeftClose, Plus, Search } from 'lucide'
import { useEffect } from 'preact/hooks'
import { text } from '../languages/languages.ts'
import { Icon, Mark } from '../parts/icon.tsx'
import { IconButton } from '../parts/icon-button.tsx'
import { keyName } from '../parts/key-name.ts'
import { libraryDialog } from '../state/library-dialog.ts'
import { addressOf, isSheetEntry, route } from '../state/route.ts'
import { serviceName } from '../state/service.ts'
import { closeSheet, sidebarOpen, toggleSidebar } from '../state/sidebar.ts'
import { Account } from './account.tsx'
import { ConversationList } from './conversation-list.tsx'
import { SelectionBar } from './selection-bar.tsx'

export function Sidebar() {
	const words = text.value
	const open = sidebarOpen.value
	useEffect(handleSwipes, [])
	// Another screen closes the sheet, and so does the browser's back button.
	useEffect(() => {
		sidebarOpen.value = false
	}, [route.value])
	useEffect(() => {
		const close = () => {
			if (!isSheetEntry()) sidebarOpen.value = false
		}
		window.addEventListener('popstate', close)
		return () => window.removeEventListener('popstate', close)
	}, [])
	return (
		<>
			{open && <button type="button" class="sidebar-shade" aria-label={words.close} onClick={closeSheet} />}
			<nav
				class={`sidebar ${open ? 'open' : ''}`}
				aria-label={words.conversations}
				onKeyDown={(event) => {
					if (event.key === 'Escape') closeSheet()
				}}
			>
				<div class="brand">
					<Mark />
					<span class="space service-name" title={serviceName.value}>
						{serviceName.value}
					</span>
					<IconButton
						small
						node={PanelLeftClose}
						label={words.hideSidebar}
						shortcut="Ctrl Shift S"
						onClick={toggleSidebar}
					/>
				</div>
				<a class="new-chat" href={addressOf({ name: 'new' })}>
					<Icon node={Plus} />
					<span class="space">{words.newChat}</span>
					<span class="key">{keyName('Alt N')}</span>
				</a>
				<button type="button" class="search" aria-haspopup="dialog" onClick={openPalette}>
					<Icon node={Search} />
					<span class="space">{words.search}</span>
					<span class="key">{keyName('Ctrl K')}</span>
				</button>
				<ConversationList />
				<SelectionBar />
				<Account />
			</nav>
		</>
	)
}

/** Only screens that a finger touches need the code. */
function handleSwipes(): (() => void) | undefined {
	if (!matchMedia('(any-pointer: coarse)').matches) return undefined
	const ending = new AbortController()
	void import('./swipes.ts').then(({ listenForSwipes }) => listenForSwipes(ending.signal)).catch(() => undefined)
	return () => ending.abort()
}

function openPalette(): void {
	closeSheet()
	libraryDialog.value = { type: 'palette' }
}
