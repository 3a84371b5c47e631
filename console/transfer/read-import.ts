// Finds out what a file for import is, and reads its entries: OpenAI's or Open WebUI's JSON, or an archive with it.

import type { ForeignConversation, LeftOutCounts } from './foreign-conversation.ts'
import { ImportFailure } from './import-failure.ts'
import { isOpenWebUI, readOpenWebUI } from './read-open-webui.ts'
import { isOpenAI, readOpenAI } from './read-openai.ts'
import { isZip, readZip } from './read-zip.ts'

/** Bytes of JSON that a tab can read. */
const mostBytes = 256 * 1024 * 1024
const mostFiles = 1000

/**
 * The entries of the file, of any form.
 *
 * @throws ImportFailure
 */
export async function readEntries(file: Blob): Promise<readonly unknown[]> {
	const texts = (await isZip(file)) ? await textsOfZip(file) : [await textOfFile(file)]
	const entries = texts.flatMap((text) => entriesOf(text))
	if (entries.length === 0) throw new ImportFailure('no-conversations')
	if (!entries.some((entry) => isOpenAI(entry) || isOpenWebUI(entry))) throw new ImportFailure('unknown-format')
	return entries
}

/** Undefined if the entry is not a conversation. */
export function readForeign(entry: unknown, counts: LeftOutCounts): ForeignConversation | undefined {
	if (isOpenAI(entry)) return readOpenAI(entry, counts)
	return isOpenWebUI(entry) ? readOpenWebUI(entry, counts) : undefined
}

async function textOfFile(file: Blob): Promise<string> {
	if (file.size > mostBytes) throw new ImportFailure('too-large')
	return file.text()
}

async function textsOfZip(file: Blob): Promise<readonly string[]> {
	const entries = await readZip(file)
	const named = entries.filter(({ name }) => /(?:^|\/)(?:conversations(?:-\d+)?|chat-export-\d+)\.json$/.test(name))
	if (named.length === 0 || named.length > mostFiles) throw new ImportFailure('no-conversations')
	const texts: string[] = []
	let length = 0
	for (const entry of named) {
		const text = await entry.text(mostBytes - length)
		length += text.length
		texts.push(text)
	}
	return texts
}

function entriesOf(text: string): readonly unknown[] {
	let parsed: unknown
	try {
		parsed = JSON.parse(text)
	} catch (failure) {
		throw new ImportFailure('not-json', failure)
	}
	return Array.isArray(parsed) ? parsed : [parsed]
}
