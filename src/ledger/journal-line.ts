// The lines of JSON that the ledger writes to its journal, and how they are read during recovery.

import { z } from 'zod'
import { countedUsage } from '../chat/usage.ts'
import { type ClosedCall, entryOf } from './entry.ts'
import { readLines } from './journal.ts'
import { billedOperations, type OpenedCall, outcomes } from './ledger.ts'
import type { LedgerEntry } from './ledger-entry.ts'

/** Progress of an open ticket: its id, its tokens, and the upstream that responds. */
export type ProgressMark = readonly [id: string, completionTokens: number, upstream: string]

const count = z.number().int().min(0)

const openedCall = z.object({
	id: z.string(),
	tenant: z.string(),
	owner: z.string(),
	key: z.string(),
	model: z.string(),
	operation: z.enum(billedOperations),
	dialect: z.string(),
	price: z
		.object({ input: z.number(), output: z.number(), cachedInput: z.number().optional(), currency: z.string() })
		.optional(),
	openedAtMs: z.number(),
	promptTokens: count.optional(),
	reservedTokens: count.optional(),
})

const usage = z.tuple([count, count, count, count, z.enum(['upstream', 'counted'])])

const line = z.union([
	z.object({ open: openedCall }),
	z.object({ progress: z.array(z.tuple([z.string(), count, z.string()])), atMs: z.number() }),
	z.object({ extend: z.string(), reservedTokens: count.optional(), atMs: z.number() }),
	z.object({
		settle: z.string(),
		outcome: z.enum(outcomes),
		upstream: z.string(),
		usage: usage.nullable(),
		atMs: z.number(),
	}),
])

export function openLine(ticket: OpenedCall): string {
	return JSON.stringify({ open: ticket })
}

export function progressLine(marks: readonly ProgressMark[], atMs: number): string {
	return JSON.stringify({ progress: marks, atMs })
}

/** @param reservedTokens undefined if no limit counts output tokens. */
export function extendLine(id: string, reservedTokens: number | undefined, atMs: number): string {
	return JSON.stringify({ extend: id, reservedTokens, atMs })
}

export function settleLine(id: string, { outcome, upstream, usage: used, settledAtMs }: ClosedCall): string {
	const counts =
		used === undefined
			? null
			: [used.promptTokens, used.cachedTokens, used.completionTokens, used.reasoningTokens, used.source]
	return JSON.stringify({ settle: id, outcome, upstream, usage: counts, atMs: settledAtMs })
}

/**
 * @param contents the files of a journal, oldest first.
 * @param unreadable called with each complete line that is no line of this version.
 * @returns an entry for every ticket; tickets that are still open become `interrupted`, with their prompt and the smaller of
 * their last progress and their last reservation if an upstream received them, or else without usage.
 */
export function readJournal(contents: readonly string[], unreadable: (text: string) => void): readonly LedgerEntry[] {
	const open = new Map<string, OpenedCall>()
	const marks = new Map<string, { readonly tokens: number; readonly upstream: string; readonly atMs: number }>()
	const settled = new Map<string, LedgerEntry>()
	for (const text of contents.flatMap(readLines)) {
		const parsed = parseLine(text)
		if (parsed === undefined) unreadable(text)
		else if ('open' in parsed) open.set(parsed.open.id, parsed.open)
		else if ('progress' in parsed)
			for (const [id, tokens, upstream] of parsed.progress) marks.set(id, { tokens, upstream, atMs: parsed.atMs })
		else if ('extend' in parsed) {
			const ticket = open.get(parsed.extend)
			if (ticket !== undefined) open.set(parsed.extend, { ...ticket, reservedTokens: parsed.reservedTokens })
		} else {
			const ticket = open.get(parsed.settle)
			if (ticket !== undefined) settled.set(parsed.settle, entryOf(ticket, closedCallOf(parsed)))
		}
	}
	for (const [id, ticket] of open) {
		if (settled.has(id)) continue
		const mark = marks.get(id)
		settled.set(id, entryOf(ticket, { ...interrupted(ticket, mark), settledAtMs: mark?.atMs ?? ticket.openedAtMs }))
	}
	return [...settled.values()]
}

function parseLine(text: string): z.infer<typeof line> | undefined {
	try {
		return line.safeParse(JSON.parse(text)).data
	} catch {
		return undefined
	}
}

function interrupted(
	{ promptTokens = 0, reservedTokens = Number.POSITIVE_INFINITY }: OpenedCall,
	mark: { readonly tokens: number; readonly upstream: string } | undefined,
): Omit<ClosedCall, 'settledAtMs'> {
	if (mark === undefined) return { outcome: 'interrupted', upstream: '', usage: undefined }
	const completionTokens = Math.min(mark.tokens, reservedTokens)
	return {
		outcome: 'interrupted',
		upstream: mark.upstream,
		usage: countedUsage(completionTokens, promptTokens),
	}
}

function closedCallOf({
	outcome,
	upstream,
	usage: used,
	atMs,
}: Extract<z.infer<typeof line>, { settle: string }>): ClosedCall {
	if (used === null) return { outcome, upstream, usage: undefined, settledAtMs: atMs }
	const [promptTokens, cachedTokens, completionTokens, reasoningTokens, source] = used
	return {
		outcome,
		upstream,
		usage: { promptTokens, cachedTokens, completionTokens, reasoningTokens, source },
		settledAtMs: atMs,
	}
}
