// What happened, what became of the person's text, and what they can do, in one box.

import { CircleAlert, Clock, Info } from 'lucide'
import type { ComponentChildren } from 'preact'
import { Icon } from './icon.tsx'

export type NoticeKind = 'plain' | 'limit' | 'failure'

const icons = { plain: Info, limit: Clock, failure: CircleAlert } as const

export interface NoticeProps {
	readonly kind: NoticeKind
	readonly children: ComponentChildren
	readonly actions?: ComponentChildren
}

export function Notice({ kind, children, actions }: NoticeProps) {
	return (
		<div class={`notice ${kind}`} role={kind === 'plain' ? 'status' : 'alert'}>
			<Icon node={icons[kind]} />
			<div>{children}</div>
			{actions !== undefined && <div class="actions">{actions}</div>}
		</div>
	)
}
