// The buttons of the top bar that open a panel.

import { Code, Columns2, SlidersHorizontal } from 'lucide'
import { text } from '../languages/languages.ts'
import { IconButton } from '../parts/icon-button.tsx'
import { navigate } from '../state/route.ts'
import { sidePanel, togglePanel } from '../state/side-panel.ts'

export function PanelButtons() {
	const words = text.value
	const buttons = [
		{ name: 'code', node: Code, label: words.sameRequestAsCode, shortcut: 'Ctrl Shift K' },
		{ name: 'parameters', node: SlidersHorizontal, label: words.parameters, shortcut: 'Ctrl .' },
	] as const
	return (
		<span class="panel-buttons">
			<IconButton
				node={Columns2}
				label={words.compareModels}
				shortcut="Ctrl Shift M"
				onClick={() => navigate({ name: 'compare', id: undefined })}
			/>
			{buttons.map(({ name, ...button }) => (
				<IconButton key={name} {...button} aria-pressed={sidePanel.value === name} onClick={() => togglePanel(name)} />
			))}
		</span>
	)
}
