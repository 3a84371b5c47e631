// What a person can do with the conversation as a whole: buttons of the top bar, or on a narrow window a menu.

import { Code, Columns2, Ellipsis, GitFork, type IconNode, Share } from 'lucide'
import { text } from '../languages/languages.ts'
import { IconButton } from '../parts/icon-button.tsx'
import { MenuItem } from '../parts/menu-item.tsx'
import { Popover } from '../parts/popover.tsx'
import { conversations } from '../state/conversation-list.ts'
import { libraryDialog } from '../state/library-dialog.ts'
import { navigate } from '../state/route.ts'
import { type SidePanelName, sidePanel, togglePanel } from '../state/side-panel.ts'

interface BarAction {
	readonly node: IconNode
	readonly label: string
	readonly shortcut?: string
	readonly panel?: SidePanelName
	readonly run: () => void
}

/** @param conversation the id of the conversation on screen, if it has one. */
function actionsOf(conversation: string | undefined): readonly BarAction[] {
	const words = text.value
	const item = conversations.value.items.find(({ id }) => id === conversation)
	const toggle = (panel: SidePanelName) => ({ panel, run: () => togglePanel(panel) })
	const actions: readonly (BarAction | undefined)[] = [
		{
			node: Columns2,
			label: words.compareModels,
			shortcut: 'Ctrl Shift M',
			run: () => navigate({ name: 'compare', id: undefined }),
		},
		{ node: Code, label: words.sameRequestAsCode, shortcut: 'Ctrl Shift K', ...toggle('code') },
		item && {
			node: Share,
			label: words.share,
			run: () => {
				libraryDialog.value = { type: 'share', item }
			},
		},
		{ node: GitFork, label: words.tree, shortcut: 'Ctrl Shift B', ...toggle('tree') },
	]
	return actions.filter((action) => action !== undefined)
}

export function PanelButtons({ conversation }: { readonly conversation: string | undefined }) {
	const words = text.value
	const actions = actionsOf(conversation)
	return (
		<>
			<span class="panel-buttons">
				{actions.map(({ node, label, shortcut, panel, run }) => (
					<IconButton
						key={label}
						node={node}
						label={label}
						shortcut={shortcut}
						aria-pressed={panel === undefined ? undefined : sidePanel.value === panel}
						onClick={run}
					/>
				))}
			</span>
			<Popover
				label={words.more}
				align="end"
				button={(attributes) => <IconButton class="only-narrow" node={Ellipsis} label={words.more} {...attributes} />}
			>
				{(close) =>
					actions.map(({ node, label, run }) => (
						<MenuItem key={label} node={node} label={label} close={close} run={run} />
					))
				}
			</Popover>
		</>
	)
}
