// The dialogs of the page, of which one is open at a time, and the shortcuts of the sidebar. Each dialog is loaded when it is
// first opened.

import { loaded } from '../parts/loaded.tsx'
import { closeLibraryDialog, libraryDialog } from '../state/library-dialog.ts'
import { toggleSidebar } from '../state/sidebar.ts'

const DeleteDialog = loaded(async () => (await import('./delete-dialog.tsx')).DeleteDialog, closeLibraryDialog)
const MoveDialog = loaded(async () => (await import('./move-dialog.tsx')).MoveDialog, closeLibraryDialog)
const TagsDialog = loaded(async () => (await import('./tags-dialog.tsx')).TagsDialog, closeLibraryDialog)
const ShareDialog = loaded(async () => (await import('../share/share-dialog.tsx')).ShareDialog, closeLibraryDialog)
const Palette = loaded(async () => (await import('./command-palette.tsx')).CommandPalette, closeLibraryDialog)
const ImportDialog = loaded(
	async () => (await import('../transfer/import-dialog.tsx')).ImportDialog,
	closeLibraryDialog,
)
const ExportAllDialog = loaded(
	async () => (await import('../transfer/export-all-dialog.tsx')).ExportAllDialog,
	closeLibraryDialog,
)
const DeleteAllDialog = loaded(
	async () => (await import('./delete-all-dialog.tsx')).DeleteAllDialog,
	closeLibraryDialog,
)
const ShortcutList = loaded(async () => (await import('./shortcut-list.tsx')).ShortcutList, closeLibraryDialog)

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
			return <ShareDialog item={dialog.item} onClose={closeLibraryDialog} />
		case 'palette':
			return <Palette onClose={closeLibraryDialog} />
		case 'import':
			return <ImportDialog onClose={closeLibraryDialog} />
		case 'export-all':
			return <ExportAllDialog onClose={closeLibraryDialog} />
		case 'delete-all':
			return <DeleteAllDialog onClose={closeLibraryDialog} />
		case 'shortcuts':
			return <ShortcutList onClose={closeLibraryDialog} />
	}
	dialog satisfies never
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
