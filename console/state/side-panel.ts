// What the panel beside the conversation shows; one thing at a time.

import { signal } from '@preact/signals'

export type SidePanelContent = 'tree'

export const sidePanel = signal<SidePanelContent | undefined>(undefined)

/** Shows the content, or closes the panel that shows it. */
export function toggleSidePanel(content: SidePanelContent): void {
	sidePanel.value = sidePanel.value === content ? undefined : content
}
