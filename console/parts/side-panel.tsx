// A panel beside the conversation: its width can be changed, Esc closes it and gives the focus back. On a narrow window it
// covers the page.

import { X } from 'lucide'
import type { ComponentChildren } from 'preact'
import { useEffect, useId, useLayoutEffect, useRef } from 'preact/hooks'
import { text } from '../languages/all-sentences.ts'
import { closePanel, panelWidth, panelWidths, resizePanel } from '../state/side-panel.ts'
import { IconButton } from './icon-button.tsx'

/** Pixels for each press of an arrow key. */
const keyStep = 24

export function SidePanel({ title, children }: { readonly title: string; readonly children: ComponentChildren }) {
	const panel = useRef<HTMLElement>(null)
	const id = useId()
	const words = text.value
	// Layout effects: after the paint, they would steal focus that the person has moved since.
	useLayoutEffect(() => {
		const before = document.activeElement
		// A content may have taken it already.
		if (panel.current?.contains(before) !== true) panel.current?.focus()
		return () => {
			if (before instanceof HTMLElement && document.contains(before)) before.focus()
		}
	}, [])
	useEffect(() => {
		// Nothing has the focus after an element that had it was removed, such as a form that was sent.
		const handle = (event: KeyboardEvent) => {
			if (event.key === 'Escape' && !event.defaultPrevented && document.activeElement === document.body) closePanel()
		}
		window.addEventListener('keydown', handle)
		return () => window.removeEventListener('keydown', handle)
	}, [])
	useEffect(() => {
		const { value } = panelWidth
		if (value !== undefined) panel.current?.style.setProperty('--panel-width', `${value}px`)
	}, [panelWidth.value])
	return (
		<aside
			ref={panel}
			class="panel"
			aria-labelledby={id}
			tabIndex={-1}
			onKeyDown={(event) => {
				if (event.key !== 'Escape' || event.defaultPrevented) return
				event.stopPropagation()
				closePanel()
			}}
		>
			{/* biome-ignore lint/a11y/useSemanticElements: hr is not operable; this is the window splitter of ARIA's patterns */}
			<div
				class="panel-edge"
				role="separator"
				aria-orientation="vertical"
				aria-label={words.panelWidth}
				aria-valuenow={panelWidth.value ?? panelWidths.least}
				aria-valuemin={panelWidths.least}
				aria-valuemax={panelWidths.most}
				tabIndex={0}
				onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
				onPointerMove={(event) => {
					if (event.currentTarget.hasPointerCapture(event.pointerId)) resizePanel(innerWidth - event.clientX)
				}}
				onKeyDown={(event) => {
					const step = { ArrowLeft: keyStep, ArrowRight: -keyStep }[event.key]
					if (step === undefined) return
					event.preventDefault()
					resizePanel((panel.current?.offsetWidth ?? panelWidths.least) + step)
				}}
			/>
			<div class="panel-head">
				<h2 id={id}>{title}</h2>
				<IconButton node={X} label={words.close} shortcut="Esc" onClick={closePanel} />
			</div>
			{children}
		</aside>
	)
}
