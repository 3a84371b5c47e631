// The attachments of drafts on this device, for each conversation. They are too large for the storage that drafts of text have.
// Browsers may refuse it (private windows, full storage): reads are then empty and writes have no effect.

import { thisDevice } from '../state/storage.ts'
import type { Attachment } from './attachment.ts'

const nameOf = (conversation: string | undefined) => conversation ?? 'new'

/** Tells without opening the database whether there is anything to read. */
const entryOf = (conversation: string | undefined) => `attached.${nameOf(conversation)}`

export const hasStoredAttachments = (conversation: string | undefined): boolean =>
	thisDevice.read(entryOf(conversation)) !== undefined

export async function readStoredAttachments(conversation: string | undefined): Promise<readonly Attachment[]> {
	try {
		const store = (await openDatabase()).transaction('attachments', 'readonly').objectStore('attachments')
		const items: unknown = await resultOf(store.get(nameOf(conversation)))
		return Array.isArray(items) ? (items as readonly Attachment[]) : []
	} catch {
		return []
	}
}

/** Replaces what is stored. Later calls are later writes. */
export async function storeAttachments(
	conversation: string | undefined,
	attachments: readonly Attachment[],
): Promise<void> {
	const name = nameOf(conversation)
	if (attachments.length === 0 && !hasStoredAttachments(conversation) && database === undefined) return
	try {
		const store = (await openDatabase()).transaction('attachments', 'readwrite').objectStore('attachments')
		if (attachments.length === 0) await resultOf(store.delete(name))
		else await resultOf(store.put(attachments, name))
		thisDevice.write(entryOf(conversation), attachments.length === 0 ? undefined : 'true')
	} catch {
		// The page works without storage; what would be stored is lost with the tab.
	}
}

let database: Promise<IDBDatabase> | undefined

function openDatabase(): Promise<IDBDatabase> {
	if (database === undefined) {
		const opening = indexedDB.open('dragoman', 1)
		opening.onupgradeneeded = () => opening.result.createObjectStore('attachments')
		database = resultOf(opening)
	}
	return database
}

function resultOf<Result>(request: IDBRequest<Result>): Promise<Result> {
	return new Promise((resolve, reject) => {
		request.onsuccess = () => resolve(request.result)
		request.onerror = () => reject(request.error)
	})
}
