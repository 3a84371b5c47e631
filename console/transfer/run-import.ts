// Stores the conversations of a file on the server, a few at a time. One that fails, or during which the person cancels, leaves
// nothing. It does not render.

import { appendItems, createConversation, deleteConversation, hasConversation } from '../api/conversations.ts'
import { isAbort, ServerError } from '../api/server.ts'
import { userInput } from '../state/turn-tree.ts'
import {
	exchangesOf,
	type ForeignConversation,
	type ForeignMessage,
	type LeftOutCounts,
	leaveOut,
} from './foreign-conversation.ts'
import { readForeign } from './read-import.ts'

export interface ImportReport {
	readonly total: number
	readonly imported: number
	/** Imported before. */
	readonly known: number
	readonly leftOut: LeftOutCounts
	readonly failed: readonly { readonly title: string; readonly failure: unknown }[]
}

export interface ImportOptions {
	readonly signal: AbortSignal
	readonly onProgress: (report: ImportReport) => void
}

const concurrent = 4
const longestTitle = 200
/** Times that a request is sent again which a limit has refused. */
const mostRetries = 5

export async function runImport(
	entries: readonly unknown[],
	{ signal, onProgress }: ImportOptions,
): Promise<ImportReport> {
	const queue = [...entries]
	const leftOut: LeftOutCounts = {}
	const failed: { title: string; failure: unknown }[] = []
	const done = { imported: 0, known: 0 }
	const report = (): ImportReport => ({ total: entries.length, ...done, leftOut: { ...leftOut }, failed: [...failed] })
	const work = async () => {
		while (queue.length > 0 && !signal.aborted) {
			const counts: LeftOutCounts = {}
			const conversation = readForeign(queue.shift(), counts)
			if (conversation === undefined) leaveOut(leftOut, 'unreadable')
			else if (conversation.messages.length === 0) leaveOut(leftOut, 'empty')
			else {
				try {
					const isNew = await importOne(conversation, signal)
					done[isNew ? 'imported' : 'known']++
					if (isNew) for (const what of keysOf(counts)) leaveOut(leftOut, what, counts[what])
				} catch (failure) {
					if (signal.aborted || isAbort(failure)) return
					failed.push({ title: conversation.title ?? '', failure })
				}
			}
			onProgress(report())
		}
	}
	await Promise.all(Array.from({ length: concurrent }, work))
	return report()
}

const keysOf = (counts: LeftOutCounts) => Object.keys(counts) as (keyof LeftOutCounts)[]

/** @returns false if it was imported before. */
async function importOne(conversation: ForeignConversation, signal: AbortSignal): Promise<boolean> {
	const { source, title, createdAt, messages } = conversation
	const origin = `${source}:${conversation.id}`.slice(0, 512)
	if (conversation.id !== '' && (await patiently(() => hasConversation('imported_from', origin, signal), signal)))
		return false
	const created_at = createdAt ?? messages.find((message) => message.createdAt !== undefined)?.createdAt
	const metadata = { ...conversation.metadata, imported_from: origin }
	const made = { title: title?.slice(0, longestTitle).toWellFormed(), metadata, created_at }
	// Not cancelled: a conversation whose id does not arrive could not be removed.
	const { id } = await patiently(() => createConversation(made), signal)
	try {
		signal.throwIfAborted()
		const stored = new Map<string, string>()
		for (const { messages: together, parent } of exchangesOf(conversation)) {
			const last = together.at(-1)
			if (last === undefined) continue
			const items = {
				items: together.map(itemOf),
				parent: (parent === undefined ? undefined : stored.get(parent)) ?? 'none',
				created_at: last.createdAt ?? created_at,
				model: together.findLast(({ model }) => model !== undefined)?.model?.slice(0, 256),
			}
			stored.set(last.id, await patiently(() => appendItems(id, items, signal), signal))
		}
		return true
	} catch (failure) {
		await deleteConversation(id).catch(() => undefined)
		throw failure
	}
}

function itemOf({ role, text, images }: ForeignMessage): unknown {
	const clean = text.toWellFormed().replaceAll('\0', '')
	if (role === 'user') return userInput(clean === '' ? [] : [clean], images)
	return { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: clean, annotations: [] }] }
}

/** Waits as long as a limit demands. */
async function patiently<Result>(call: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
	for (let retry = 0; ; retry++) {
		try {
			return await call()
		} catch (failure) {
			if (!(failure instanceof ServerError) || failure.status !== 429 || retry === mostRetries || signal.aborted)
				throw failure
			await new Promise((resolve) => setTimeout(resolve, failure.retryAfterMs ?? 1000))
		}
	}
}
