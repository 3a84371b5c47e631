// Saves all conversations of the person in one archive: everything as JSON, and the branch that was shown as Markdown.

import { type ConversationPage, exportConversation, listConversations } from '../api/conversations.ts'
import { fileNameOf } from '../parts/save-file.ts'
import { jsonOf, markdownOf } from '../sidebar/export-conversation.ts'
import { ZipWriter } from './write-zip.ts'

const pageSize = 100

/** @throws ServerError | ConnectionLost, or an AbortError by the signal. */
export async function exportAll(signal: AbortSignal, onProgress: (count: number) => void): Promise<Blob> {
	const zip = new ZipWriter()
	const seen = new Set<string>()
	for (let page: ConversationPage | undefined; page?.has_more !== false; ) {
		page = await listConversations({ limit: pageSize, after: page?.data.at(-1)?.id, signal })
		const unseen = page.data.filter(({ id }) => !seen.has(id))
		for (const { id, title } of unseen) {
			seen.add(id)
			const exported = await exportConversation(id, signal)
			const name = fileNameOf(title ?? '', id)
			zip.add(`${name}.json`, jsonOf(exported))
			zip.add(`${name}.md`, markdownOf(exported))
			onProgress(seen.size)
		}
		if (unseen.length === 0) break
	}
	return zip.finish()
}
