// The dialog that is open: one at a time, opened from the list, its selection, the palette, the top bar or with a key.

import { signal } from '@preact/signals'
import type { ConversationSummary } from '../api/conversations.ts'

export type LibraryDialog =
	| { readonly type: 'delete' | 'move'; readonly items: readonly ConversationSummary[] }
	| { readonly type: 'tags' | 'share'; readonly item: ConversationSummary }
	| { readonly type: 'palette' | 'import' | 'export-all' | 'delete-all' | 'shortcuts' }

export const libraryDialog = signal<LibraryDialog | undefined>(undefined)

export const closeLibraryDialog = (): void => {
	libraryDialog.value = undefined
}
