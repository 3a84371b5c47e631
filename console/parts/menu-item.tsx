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
	/** Whether what the entry switches is on; undefined if it switches nothing. */
	readonly checked?: boolean | undefined
	readonly class?: string
}

export function MenuItem({ node, label, close, run, danger = false, checked, class: extra = '' }: MenuItemProps) {
	return (
		// biome-ignore lint/a11y/useAriaPropsSupportedByRole: only the role that supports the state has it
		<button
			type="button"
			role={checked === undefined ? 'menuitem' : 'menuitemcheckbox'}
			aria-checked={checked}
			class={`menu-item ${danger ? 'danger' : ''} ${extra}`}
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
