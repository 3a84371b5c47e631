// Which panel is open beside the conversation, one at a time, and its width.

import { signal } from '@preact/signals'
import { thisDevice } from './storage.ts'

export const sidePanels = ['parameters', 'tools', 'schema', 'code', 'tree'] as const
export type SidePanelName = (typeof sidePanels)[number]

export const sidePanel = signal<SidePanelName | undefined>(undefined)

/** Id of the turn that the code view shows; undefined for the last one of the branch. */
export const codeTurn = signal<string | undefined>(undefined)

/** Limits of the width, in pixels. */
export const panelWidths = { least: 400, most: 720 } as const

const storedWidth = Number(thisDevice.read('panel-width'))

/** In pixels; undefined before the person has changed it. */
export const panelWidth = signal<number | undefined>(storedWidth > 0 ? storedWidth : undefined)

export function togglePanel(name: SidePanelName): void {
	codeTurn.value = undefined
	sidePanel.value = sidePanel.value === name ? undefined : name
}

export const closePanel = (): void => {
	sidePanel.value = undefined
}

export function resizePanel(width: number): void {
	panelWidth.value = Math.round(Math.min(panelWidths.most, Math.max(panelWidths.least, width)))
	thisDevice.write('panel-width', String(panelWidth.value))
}

/** Shows the request of a turn as code; again, closes the panel. */
export function toggleCodeOf(turn: string): void {
	const isShown = sidePanel.value === 'code' && codeTurn.value === turn
	codeTurn.value = isShown ? undefined : turn
	sidePanel.value = isShown ? undefined : 'code'
}
