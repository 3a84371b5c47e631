// The settings: what a person chooses for this device, their conversations, tools, keys and votes.

import { useEffect, useRef } from 'preact/hooks'
import { text } from '../languages/languages.ts'
import { SidebarOpener } from '../sidebar/sidebar-opener.tsx'
import { readyCount } from '../state/ready-answers.ts'
import type { SettingsSection } from '../state/route.ts'
import { pageTitle, serviceName } from '../state/service.ts'
import { session } from '../state/session.ts'
import { ChatSettings } from './chat-settings.tsx'
import { ConversationSettings } from './conversation-settings.tsx'
import { DeviceSettings } from './device-settings.tsx'
import { KeySettings } from './key-settings.tsx'
import { ToolSettings } from './tool-settings.tsx'
import { VoteSums } from './vote-sums.tsx'

/** @param section the one that the address names: it is brought into view and gets the focus. */
export function SettingsScreen({ section }: { readonly section: SettingsSection | undefined }) {
	const words = text.value
	const view = useRef<HTMLDivElement>(null)
	useEffect(() => {
		document.title = readyCount.value + pageTitle(words.settings)
	}, [words, readyCount.value, serviceName.value])
	useEffect(() => {
		const heading = view.current?.querySelector<HTMLElement>(`#settings-${section} > h2`)
		if (heading === null || heading === undefined) return undefined
		heading.focus({ preventScroll: true })
		// The lists of other sections arrive later, and move this one until the person does something else.
		const resizes = new ResizeObserver(() => {
			if (document.activeElement === heading) heading.scrollIntoView({ block: 'start' })
		})
		for (const shown of view.current?.children ?? []) resizes.observe(shown)
		return () => resizes.disconnect()
	}, [section])
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
