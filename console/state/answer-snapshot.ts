// What the tabs that show a conversation send each other about a running answer.

import type { AnswerMetricsObject } from '../api/responses.ts'
import type { AnswerPart } from './answer-part.ts'
import type { AnswerState } from './answer-state.ts'
import type { LeftOut } from './left-out.ts'

export interface AnswerUsage {
	readonly input: number
	readonly output: number
	/** Undefined if the source is not known yet. */
	readonly estimated?: boolean | undefined
}

/** Everything that another tab needs to show the answer and to apply the events that follow. */
export interface AnswerSnapshot {
	readonly parts: readonly AnswerPart[]
	readonly positions: readonly (readonly [string, number])[]
	readonly state: AnswerState
	readonly usage: AnswerUsage | undefined
	readonly metrics?: AnswerMetricsObject | undefined
	readonly model?: string | undefined
	readonly ahead?: number | undefined
	readonly leftOut?: LeftOut | undefined
	readonly lastEvent: number
}
