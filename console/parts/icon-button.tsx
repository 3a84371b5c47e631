// A button with an icon alone.

import type { IconNode } from 'lucide'
import type { ComponentProps } from 'preact'
import { Icon } from './icon.tsx'
import { ariaKeys, keyName } from './key-name.ts'

export interface IconButtonProps extends Omit<ComponentProps<'button'>, 'icon' | 'label' | 'class'> {
	readonly node: IconNode
	/** For screen readers, and as the tooltip. */
	readonly label: string
	/** The shortcut, added to the tooltip. */
	readonly shortcut?: string | undefined
	readonly small?: boolean
	readonly class?: string
}

export function IconButton({ node, label, shortcut, small = false, class: extra = '', ...others }: IconButtonProps) {
	return (
		<button
			type="button"
			aria-keyshortcuts={shortcut === undefined ? undefined : ariaKeys(shortcut)}
			{...others}
			class={`icon-button ${small ? 'small' : ''} ${extra}`}
			aria-label={label}
			title={shortcut === undefined ? label : `${label} (${keyName(shortcut)})`}
		>
			<Icon node={node} />
		</button>
	)
}
