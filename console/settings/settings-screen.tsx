// The settings: what a person chooses for this device, their conversations, tools, keys and votes.

import { useEffect, useRef } from 'preact/hooks'
import { text } from '../languages/languages.ts'
import { SidebarOpener } from '../sidebar/sidebar-opener.tsx'
import { readyCount } from '../state/ready-answers.ts'
import type { Route } from '../state/route.ts'
import { pageTitle, serviceName } from '../state/service.ts'
import { session } from '../state/session.ts'
import { ChatSettings } from './chat-settings.tsx'
import { ConversationSettings } from './conversation-settings.tsx'
import { DeviceSettings } from './device-settings.tsx'
import { KeySettings } from './key-settings.tsx'
import { ToolSettings } from './tool-settings.tsx'
import { VoteSums } from './vote-sums.tsx'

export interface SettingsScreenProps {
	/** The section that it names is brought into view and gets the focus, each time that a link leads there. */
	readonly to: Extract<Route, { readonly name: 'settings' }>
}

/** What a person does to go elsewhere on the screen. */
const movements = ['wheel', 'touchmove', 'pointerdown', 'keydown'] as const

export function SettingsScreen({ to }: SettingsScreenProps) {
	const words = text.value
	const view = useRef<HTMLDivElement>(null)
	useEffect(() => {
		document.title = readyCount.value + pageTitle(words.settings)
	}, [words, readyCount.value, serviceName.value])
	useEffect(() => {
		const heading = view.current?.querySelector<HTMLElement>(`#settings-${to.section} > h2`)
		if (heading === null || heading === undefined) return undefined
		heading.focus({ preventScroll: true })
		// The lists of other sections arrive later, and would move this one until the person moves.
		const resizes = new ResizeObserver(() => heading.scrollIntoView({ block: 'start' }))
		for (const shown of view.current?.children ?? []) resizes.observe(shown)
		const ending = new AbortController()
		const { signal } = ending
		signal.addEventListener('abort', () => resizes.disconnect())
		const end = () => ending.abort()
		for (const movement of movements) window.addEventListener(movement, end, { signal, passive: true })
		return end
	}, [to])
	return (
		<main id="content" class="main" tabIndex={-1}>
			<header class="top-bar">
				<div>
					<SidebarOpener />
					<h1>{words.settings}</h1>
				</div>
				<div />
				<div />
			</header>
			<div ref={view} class="settings">
				<DeviceSettings />
				<ChatSettings />
				<ConversationSettings />
				<ToolSettings />
				{/* Another person's session begins anew, without a key that is shown. */}
				<KeySettings key={session.value.key} />
				<VoteSums />
			</div>
		</main>
	)
}
