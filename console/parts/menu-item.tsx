// An entry of a menu in a popover: an icon and a label.

import type { IconNode } from 'lucide'
import { Icon } from './icon.tsx'

export interface MenuItemProps {
	readonly node: IconNode
	readonly label: string
	/** Of the menu. */
	readonly close: () => void
	/** Called after the menu is closed. */
	readonly run: () => void
	readonly danger?: boolean
}

export function MenuItem({ node, label, close, run, danger = false }: MenuItemProps) {
	return (
		<button
			type="button"
			role="menuitem"
			class={`menu-item ${danger ? 'danger' : ''}`}
			onClick={() => {
				close()
				run()
			}}
		>
			<Icon node={node} />
			{label}
		</button>
	)
}
