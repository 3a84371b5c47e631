// The buttons of the top bar that open a panel.

import { Code, SlidersHorizontal } from 'lucide'
import { text } from '../languages/languages.ts'
import { IconButton } from '../parts/icon-button.tsx'
import { sidePanel, togglePanel } from '../state/side-panel.ts'

export function PanelButtons() {
	const words = text.value
	return (
		<span class="panel-buttons">
			<IconButton
				node={Code}
				label={words.sameRequestAsCode}
				shortcut="Ctrl Shift K"
				aria-pressed={sidePanel.value === 'code'}
				onClick={() => togglePanel('code')}
			/>
			<IconButton
				node={SlidersHorizontal}
				label={words.parameters}
				shortcut="Ctrl ."
				aria-pressed={sidePanel.value === 'parameters'}
				onClick={() => togglePanel('parameters')}
			/>
		</span>
	)
}
