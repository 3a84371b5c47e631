// The blocks of a text that may grow, within bounds on how much of a frame they take: text that arrives in one piece, as after
// a lost connection, is shown in portions, and an unusually long block is read less often.

import { useEffect, useRef, useState } from 'preact/hooks'
import { type MarkdownBlock, MarkdownBlocks } from './blocks.ts'

/** What a frame adds; more than any model writes in that time. */
const charactersPerFrame = 6000
/** Of the time, at most one part in so many is spent on reading. */
const share = 4
/** Reading that takes less is done in every frame. */
const shortMs = 4

export interface ShownBlocks {
	readonly blocks: readonly MarkdownBlock[]
	/** Whether more text follows. */
	readonly open: boolean
}

interface Progress extends ShownBlocks {
	readonly text: string
	/** How many characters of it are read. */
	readonly end: number
	/** When it may be read again, on the clock of `performance.now`. */
	readonly dueMs: number
}

/** @param grows whether more text follows. A text that is complete from the start is shown in full. */
export function useBlocks(text: string, grows: boolean): ShownBlocks {
	const reader = useRef<MarkdownBlocks | undefined>(undefined)
	const progress = useRef<Progress | undefined>(undefined)
	const [, renderAgain] = useState(0)
	reader.current ??= new MarkdownBlocks()
	const now = performance.now()
	const former = progress.current
	const isRead = former?.text === text && former.end === text.length && former.open === grows
	const current =
		isRead || (grows && former !== undefined && now < former.dueMs) ? former : read(reader.current, text, grows, former)
	progress.current = current
	const waits = current.text !== text || current.end < text.length || current.open !== grows
	useEffect(() => {
		if (!waits) return undefined
		let frame = 0
		const timer = setTimeout(
			() => {
				frame = requestAnimationFrame(() => renderAgain((count) => count + 1))
			},
			grows ? Math.max(0, current.dueMs - now) : 0,
		)
		return () => {
			clearTimeout(timer)
			cancelAnimationFrame(frame)
		}
	})
	return current
}

function read(reader: MarkdownBlocks, text: string, grows: boolean, former: Progress | undefined): Progress {
	const startedMs = performance.now()
	const isWhole = former === undefined && !grows
	const end = isWhole ? text.length : Math.min(text.length, (former?.end ?? 0) + charactersPerFrame)
	const open = grows || end < text.length
	const blocks = reader.read(text.slice(0, end), open)
	const nowMs = performance.now()
	const tookMs = nowMs - startedMs
	return { text, end, open, blocks, dueMs: tookMs < shortMs ? 0 : nowMs + tookMs * share }
}
