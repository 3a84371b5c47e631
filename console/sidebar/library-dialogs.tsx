// The dialogs about conversations, and the shortcuts of the sidebar. The palette is loaded when it is first opened.

import type { ComponentType } from 'preact'
import { useCallback, useEffect, useState } from 'preact/hooks'
import type { ConversationSummary } from '../api/conversations.ts'
import { showToast } from '../parts/toast.tsx'
import { closeLibraryDialog, libraryDialog } from '../state/library-dialog.ts'
import { toggleSidebar } from '../state/sidebar.ts'
import { explain } from './attempt.ts'
import { DeleteDialog } from './delete-dialog.tsx'
import { MoveDialog } from './move-dialog.tsx'
import { TagsDialog } from './tags-dialog.tsx'

export function LibraryDialogs() {
	const dialog = libraryDialog.value
	if (dialog === undefined) return null
	switch (dialog.type) {
		case 'delete':
			return <DeleteDialog items={dialog.items} onClose={closeLibraryDialog} />
		case 'move':
			return <MoveDialog items={dialog.items} onClose={closeLibraryDialog} />
		case 'tags':
			return <TagsDialog item={dialog.item} onClose={closeLibraryDialog} />
		case 'share':
			return <LoadedShare item={dialog.item} />
		case 'palette':
			return <Loaded load={loadPalette} />
		case 'import':
			return <Loaded load={loadImport} />
		case 'export-all':
			return <Loaded load={loadExport} />
	}
	dialog satisfies never
}

interface Closable {
	readonly onClose: () => void
}

const loadPalette = async (): Promise<ComponentType<Closable>> => (await import('./command-palette.tsx')).CommandPalette

function LoadedShare({ item }: { readonly item: ConversationSummary }) {
	const load = useCallback(async (): Promise<ComponentType<Closable>> => {
		const { ShareDialog } = await import('../share/share-dialog.tsx')
		return ({ onClose }) => <ShareDialog item={item} onClose={onClose} />
	}, [item])
	return <Loaded load={load} />
}

const loadImport = async (): Promise<ComponentType<Closable>> =>
	(await import('../transfer/import-dialog.tsx')).ImportDialog

const loadExport = async (): Promise<ComponentType<Closable>> =>
	(await import('../transfer/export-all-dialog.tsx')).ExportAllDialog

/** Loads a dialog when it is first needed. */
export function Loaded({ load }: { readonly load: () => Promise<ComponentType<Closable>> }) {
	const [loaded, setLoaded] = useState<{ readonly Content: ComponentType<Closable> }>()
	useEffect(() => {
		load().then(
			(Content) => setLoaded({ Content }),
			(failure: unknown) => {
				closeLibraryDialog()
				showToast({ text: explain(failure) })
			},
		)
	}, [load])
	return loaded === undefined ? null : <loaded.Content onClose={closeLibraryDialog} />
}

/** @returns whether the event was one of the sidebar's shortcuts. */
export function handleLibraryShortcut(event: KeyboardEvent): boolean {
	if (!(event.ctrlKey || event.metaKey) || event.altKey) return false
	if (event.code === 'KeyK' && !event.shiftKey) {
		if (libraryDialog.value === undefined) libraryDialog.value = { type: 'palette' }
		else if (libraryDialog.value.type === 'palette') closeLibraryDialog()
	} else if (event.code === 'KeyS' && event.shiftKey) toggleSidebar()
	else return false
	event.preventDefault()
	return true
}
