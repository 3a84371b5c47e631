// The button of a top bar that shows the sidebar.

import { Menu } from 'lucide'
import { text } from '../languages/languages.ts'
import { IconButton } from '../parts/icon-button.tsx'
import { toggleSidebar } from '../state/sidebar.ts'

export function SidebarOpener() {
	return (
		<IconButton
			class="sidebar-opener"
			node={Menu}
			label={text.value.menu}
			shortcut="Ctrl Shift S"
			onClick={toggleSidebar}
		/>
	)
}
