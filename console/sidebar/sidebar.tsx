// The sidebar: new chat, the conversations in groups of days, the account. On a narrow window it is a sheet.

import { PanelLeftClose, Plus } from 'lucide'
import { useEffect } from 'preact/hooks'
import { text } from '../languages/languages.ts'
import { Icon, Mark } from '../parts/icon.tsx'
import { IconButton } from '../parts/icon-button.tsx'
import { addressOf, route } from '../state/route.ts'
import { sidebarOpen } from '../state/sidebar.ts'
import { Account } from './account.tsx'
import { ConversationGroups } from './conversation-groups.tsx'

export function Sidebar() {
	const words = text.value
	const open = sidebarOpen.value
	// Another screen closes the sheet.
	useEffect(() => {
		sidebarOpen.value = false
	}, [route.value])
	return (
		<>
			{open && <button type="button" class="sidebar-shade" aria-label={words.close} onClick={close} />}
			<nav
				class={`sidebar ${open ? 'open' : ''}`}
				aria-label={words.conversations}
				onKeyDown={(event) => {
					if (event.key === 'Escape') close()
				}}
			>
				<div class="brand">
					<Mark />
					<span class="space">Dragoman</span>
					<IconButton small class="only-narrow" node={PanelLeftClose} label={words.hideSidebar} onClick={close} />
				</div>
				<a class="new-chat" href={addressOf({ name: 'new' })}>
					<Icon node={Plus} />
					<span class="space">{words.newChat}</span>
					<span class="key">Alt N</span>
				</a>
				<ConversationGroups />
				<Account />
			</nav>
		</>
	)
}

function close(): void {
	sidebarOpen.value = false
}
