// Import, export and deletion of all conversations. Each opens its dialog.

import { text } from '../languages/all-sentences.ts'
import { libraryDialog } from '../state/library-dialog.ts'
import { SettingsSection } from './settings-section.tsx'

export function ConversationSettings() {
	const words = text.value
	const acts = [
		{ type: 'import', label: words.importConversations, help: words.importSummary },
		{ type: 'export-all', label: words.exportAll, help: words.exportSummary },
		{ type: 'delete-all', label: words.deleteAll, help: words.deleteSummary },
	] as const
	return (
		<SettingsSection name="conversations" title={words.conversations}>
			{acts.map(({ type, label, help }) => (
				<div key={type} class="setting-act">
					<button
						type="button"
						class={`button ${type === 'delete-all' ? 'danger' : ''}`}
						onClick={() => {
							libraryDialog.value = { type }
						}}
					>
						{label}
					</button>
					<p class="muted">{help}</p>
				</div>
			))}
		</SettingsSection>
	)
}
