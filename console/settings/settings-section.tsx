// A section of the settings: its heading in the margin, its controls beside it. An address can name it.

import type { ComponentChildren } from 'preact'
import type { SettingsSection as SectionName } from '../state/route.ts'

export interface SettingsSectionProps {
	readonly name: SectionName
	readonly title: string
	readonly help?: string | undefined
	readonly children: ComponentChildren
}

export function SettingsSection({ name, title, help, children }: SettingsSectionProps) {
	const heading = `settings-${name}-title`
	return (
		<section id={`settings-${name}`} class="settings-section" aria-labelledby={heading}>
			<h2 id={heading} tabIndex={-1}>
				{title}
			</h2>
			<div>
				{help !== undefined && <p class="muted">{help}</p>}
				{children}
			</div>
		</section>
	)
}
