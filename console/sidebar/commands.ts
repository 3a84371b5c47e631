// The commands of the palette, and which of them a text finds. It does not know how the palette shows them.

import type { ConversationSummary } from '../api/conversations.ts'
import { text } from '../languages/all-sentences.ts'
import { languages } from '../languages/languages.ts'
import { attempt } from '../parts/attempt.ts'
import { labelConversation } from '../state/conversation-list.ts'
import { libraryDialog } from '../state/library-dialog.ts'
import { chooseModel, models } from '../state/models.ts'
import { hasMessageBox, navigate, route } from '../state/route.ts'
import { signOut } from '../state/session.ts'
import { changeSettings, themes } from '../state/settings.ts'
import { togglePanel } from '../state/side-panel.ts'
import { toggleSidebar } from '../state/sidebar.ts'
import { requestDeletion } from './delete-conversations.ts'
import { exportAs } from './export-conversation.ts'

export interface Command {
	readonly label: string
	readonly shortcut?: string
	readonly run: () => void
}

/** @param shown the conversation on screen, if it is in the list. */
export function commandsOf(shown: ConversationSummary | undefined): readonly Command[] {
	const words = text.value
	const open = (type: 'import' | 'export-all' | 'delete-all' | 'shortcuts') => () => {
		libraryDialog.value = { type }
	}
	const themeNames = { system: words.themeSystem, light: words.themeLight, dark: words.themeDark }
	return [
		{ label: words.newChat, shortcut: 'Alt N', run: () => navigate({ name: 'new' }) },
		{ label: words.compareModels, shortcut: 'Ctrl Shift M', run: () => navigate({ name: 'compare', id: undefined }) },
		...(hasMessageBox(route.value) ? panelCommands() : []),
		...(shown === undefined ? [] : commandsFor(shown)),
		{ label: words.importConversations, run: open('import') },
		{ label: words.exportAll, run: open('export-all') },
		{ label: words.deleteAll, run: open('delete-all') },
		{ label: words.settings, run: () => navigate({ name: 'settings' }) },
		{ label: words.shortcuts, shortcut: '?', run: open('shortcuts') },
		{ label: words.toggleSidebar, shortcut: 'Ctrl Shift S', run: toggleSidebar },
		...(models.value ?? []).map(({ id }) => ({ label: words.answerWith(id), run: () => chooseModel(id) })),
		...themes.map((theme) => ({
			label: words.appearanceIs(themeNames[theme]),
			run: () => changeSettings({ theme }),
		})),
		...languages.map(({ tag, name }) => ({
			label: words.languageIs(name),
			run: () => changeSettings({ language: tag }),
		})),
		{ label: words.signOut, run: signOut },
	]
}

function panelCommands(): readonly Command[] {
	const words = text.value
	return [
		{ label: words.sameRequestAsCode, shortcut: 'Ctrl Shift K', run: () => togglePanel('code') },
		{ label: words.parameters, shortcut: 'Ctrl .', run: () => togglePanel('parameters') },
		{ label: words.tree, shortcut: 'Ctrl Shift B', run: () => togglePanel('tree') },
		{ label: words.tools, run: () => togglePanel('tools') },
		{ label: words.jsonSchema, run: () => togglePanel('schema') },
	]
}

function commandsFor(shown: ConversationSummary): readonly Command[] {
	const words = text.value
	const pinned = shown.metadata.pinned !== undefined
	return [
		{ label: words.exportMarkdown, run: () => void attempt(exportAs(shown, 'markdown')) },
		{ label: words.exportJson, run: () => void attempt(exportAs(shown, 'json')) },
		{
			label: pinned ? words.unpin : words.pin,
			run: () => void attempt(labelConversation(shown, 'pinned', pinned ? undefined : 'true')),
		},
		{
			label: words.moveToFolder,
			run: () => {
				libraryDialog.value = { type: 'move', items: [shown] }
			},
		},
		{
			label: words.editTags,
			run: () => {
				libraryDialog.value = { type: 'tags', item: shown }
			},
		},
		{
			label: words.share,
			run: () => {
				libraryDialog.value = { type: 'share', item: shown }
			},
		},
		{ label: words.delete, run: () => requestDeletion([shown]) },
	]
}

/** Those whose label contains every word of the text, ignoring case and accents. */
export function findCommands(commands: readonly Command[], query: string): readonly Command[] {
	const wanted = fold(query).split(/\s+/).filter(Boolean)
	return commands.filter(({ label }) => wanted.every((word) => fold(label).includes(word)))
}

/** The part of a text that a search has found: before it, itself, after it. */
export function splitAtMatch(content: string, query: string): readonly [string, string, string] {
	const at = query.trim() === '' ? -1 : content.toLowerCase().indexOf(query.trim().toLowerCase())
	if (at < 0) return [content, '', '']
	const end = at + query.trim().length
	return [content.slice(0, at), content.slice(at, end), content.slice(end)]
}

const fold = (label: string): string => label.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
