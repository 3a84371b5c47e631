// Whether the sidebar is shown: as a sheet on a narrow window, as a column on a wide one; and which of its folders are open.

import { signal } from '@preact/signals'
import { isSheetEntry, sheetState } from './route.ts'
import { thisDevice } from './storage.ts'

/** The sheet of a narrow window. */
export const sidebarOpen = signal(false)
/** The column of a wide window. */
export const sidebarHidden = signal(thisDevice.read('sidebar') === 'hidden')

export const isNarrow = (): boolean => matchMedia('(max-width: 900px)').matches

/** Opens the sheet. The browser's back button closes it. */
export function openSheet(): void {
	if (sidebarOpen.value) return
	history.pushState(sheetState, '')
	sidebarOpen.value = true
}

export function closeSheet(): void {
	if (!sidebarOpen.value) return
	sidebarOpen.value = false
	if (isSheetEntry()) history.back()
}

export function toggleSidebar(): void {
	if (isNarrow()) {
		if (sidebarOpen.value) closeSheet()
		else openSheet()
		return
	}
	sidebarHidden.value = !sidebarHidden.value
	thisDevice.write('sidebar', sidebarHidden.value ? 'hidden' : undefined)
}

/** Paths of open folders. */
export const openFolders = signal<ReadonlySet<string>>(new Set(thisDevice.read('folders')?.split('\n') ?? []))

export function toggleFolder(path: string): void {
	const next = new Set(openFolders.value)
	if (!next.delete(path)) next.add(path)
	openFolders.value = next
	thisDevice.write('folders', [...next].join('\n') || undefined)
}
