// Combines items into canonical messages. OpenAI represents the reasoning, text and calls of one answer as separate items;
// here they become one message with its parts in the order of the items. It does not know how items are read.

import type { AssistantMessage, AssistantPart, Message, Signature } from '../../../chat/message.ts'
import { openingSummary } from './summary.ts'

/** One parsed item. */
export type ParsedItem =
	| {
			readonly type: 'message'
			readonly message: Exclude<Message, AssistantMessage>
			/** The message is a summary of the conversation before it. */
			readonly summary?: string
	  }
	/** Part of an answer. */
	| { readonly type: 'assistant'; readonly content: readonly AssistantPart[] }
	/** The signature of a call of the same answer. */
	| { readonly type: 'call-signature'; readonly call: string; readonly signature: Signature }
	/** A stored item, by its id. */
	| { readonly type: 'reference'; readonly id: string }

/**
 * What a summary does not replace: the items after the last one, and the messages directly before it, which were not
 * answered when it was written. The summary comes first. All items if there is none.
 */
export function itemsAfterSummary(pieces: readonly ParsedItem[]): readonly ParsedItem[] {
	const end = pieces.findLastIndex((piece) => summaryIn(piece) !== undefined)
	const summary = summaryIn(pieces[end])
	if (summary === undefined) return pieces
	const before = pieces.slice(0, end)
	const retained = before.slice(before.findLastIndex((piece) => !isGiven(piece)) + 1)
	return [{ type: 'message', message: openingSummary(summary) }, ...retained, ...pieces.slice(end + 1)]
}

function summaryIn(piece: ParsedItem | undefined): string | undefined {
	return piece?.type === 'message' ? piece.summary : undefined
}

/** Whether it is a message that a model answers. */
function isGiven(piece: ParsedItem): boolean {
	return piece.type === 'message' && piece.message.role !== 'tool' && piece.summary === undefined
}

/** Replaces each reference by the items found for it, once, even if it is referenced several times. */
export function resolveReferences(
	pieces: readonly ParsedItem[],
	found: ReadonlyMap<string, readonly ParsedItem[]>,
): readonly ParsedItem[] {
	const rest = new Map(found)
	return pieces.flatMap((piece) => {
		if (piece.type !== 'reference') return [piece]
		const there = rest.get(piece.id) ?? []
		rest.delete(piece.id)
		return there
	})
}

/**
 * Merges adjacent parts of an answer into one message. References must have been replaced; the remaining ones are
 * ignored.
 */
export function mergeItems(pieces: readonly ParsedItem[]): readonly Message[] {
	const signatures = new Map<string, Signature>()
	for (const piece of pieces) if (piece.type === 'call-signature') signatures.set(piece.call, piece.signature)
	const messages: Message[] = []
	/** The content of the last message, if it was made of parts. */
	let parts: AssistantPart[] | undefined
	for (const piece of pieces) {
		switch (piece.type) {
			case 'reference':
			case 'call-signature':
				break
			case 'message':
				messages.push(piece.message)
				parts = undefined
				break
			case 'assistant': {
				const last = messages.at(-1)
				if (parts === undefined) {
					parts = last?.role === 'assistant' ? [...last.content] : []
					if (last?.role === 'assistant') messages[messages.length - 1] = { ...last, content: parts }
					else messages.push({ role: 'assistant', content: parts })
				}
				for (const part of piece.content) parts.push(withCallSignature(part, signatures))
				break
			}
			default:
				piece satisfies never
		}
	}
	return messages
}

function withCallSignature(part: AssistantPart, signatures: ReadonlyMap<string, Signature>): AssistantPart {
	if (part.type !== 'tool-call' || part.signature !== undefined) return part
	const signature = signatures.get(part.id)
	return signature === undefined ? part : { ...part, signature }
}
