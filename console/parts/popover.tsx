// A panel anchored to the button that opens it, with the platform's popover: it closes with Esc or a click outside and gives
// the focus back.

import { type ComponentChildren, Fragment } from 'preact'
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks'

export interface PopoverProps {
	/** Renders the button; it must spread the attributes that it receives. */
	readonly button: (attributes: PopoverButton) => ComponentChildren
	/** Rendered only while open. */
	readonly children: (close: () => void) => ComponentChildren
	readonly label: string
	readonly role?: 'menu' | 'dialog'
	/** Which edge of the button the panel aligns with. */
	readonly align?: 'start' | 'center' | 'end'
}

export interface PopoverButton {
	readonly popovertarget: string
	readonly 'aria-expanded': boolean
	readonly 'aria-haspopup': 'menu' | 'dialog'
}

const gap = 6

export function Popover({ button, children, label, role = 'menu', align = 'start' }: PopoverProps) {
	const id = useId()
	const panel = useRef<HTMLDivElement>(null)
	const [open, setOpen] = useState(false)
	/** Each opening has new content: the closing `toggle` event comes late, or never if the panel opens again before it. */
	const [opening, setOpening] = useState(0)
	const place = () => {
		const element = panel.current
		const anchor = document.querySelector(`[popovertarget="${CSS.escape(id)}"]`)
		if (element !== null && anchor !== null) placeBeside(element, anchor.getBoundingClientRect(), align)
	}
	useLayoutEffect(() => {
		if (!open) return undefined
		place()
		// A phone may be turned.
		window.addEventListener('resize', place)
		return () => window.removeEventListener('resize', place)
	})
	return (
		<>
			{button({ popovertarget: id, 'aria-expanded': open, 'aria-haspopup': role })}
			{/* biome-ignore lint/a11y/useAriaPropsSupportedByRole: the role is one of two that support a label */}
			{/* biome-ignore lint/a11y/noStaticElementInteractions: as above */}
			<div
				ref={panel}
				id={id}
				popover="auto"
				role={role}
				aria-label={label}
				// Before the toggle, so that keys pressed right after it reach the content.
				onBeforeToggle={(event) => {
					if (event.newState !== 'open') return
					setOpen(true)
					setOpening((count) => count + 1)
				}}
				onToggle={(event) => {
					setOpen(event.newState === 'open')
					// Before the toggle, the panel has no size.
					if (event.newState === 'open') place()
				}}
				onKeyDown={role === 'menu' ? moveFocus : undefined}
			>
				{open && <Fragment key={opening}>{children(() => panel.current?.hidePopover())}</Fragment>}
			</div>
		</>
	)
}

/** Below the anchor if there is room, or else above, within the window. */
function placeBeside(element: HTMLElement, anchor: DOMRect, align: 'start' | 'center' | 'end'): void {
	const { width, height } = element.getBoundingClientRect()
	const left =
		align === 'start'
			? anchor.left
			: align === 'end'
				? anchor.right - width
				: anchor.left + anchor.width / 2 - width / 2
	const below = anchor.bottom + gap
	const fits = below + height <= innerHeight - gap || anchor.top < innerHeight - anchor.bottom
	element.style.left = `${Math.max(gap, Math.min(left, innerWidth - width - gap))}px`
	element.style.top = fits ? `${below}px` : `${Math.max(gap, anchor.top - gap - height)}px`
	element.style.maxHeight = `${Math.max(120, fits ? innerHeight - below - gap : anchor.top - 2 * gap)}px`
}

function moveFocus(event: KeyboardEvent & { readonly currentTarget: HTMLElement }): void {
	if (moveInMenu(event.key, event.currentTarget)) event.preventDefault()
}

/** Arrow keys, Home and End move the focus between the items of a menu. @returns whether the key is one of them. */
export function moveInMenu(key: string, menu: HTMLElement): boolean {
	const items = [...menu.querySelectorAll<HTMLElement>('button:not(:disabled), a')]
	const current = items.indexOf(document.activeElement as HTMLElement)
	const next = { ArrowDown: current + 1, ArrowUp: current - 1, Home: 0, End: items.length - 1 }[key]
	if (next === undefined) return false
	items.at(next % items.length)?.focus()
	return true
}
