// What a dialect's folder gives to the contract suite: valid requests, and how clients read the answers. x.contract.ts
// in each folder exports one.

import type { Dialect } from './dialect.ts'

export interface DialectSample {
	readonly dialect: Dialect
	/** A valid minimal request of each route, by `METHOD /path`. Routes without one refuse every request. */
	readonly requests: Readonly<Record<string, SampleRequest>>
	/** How clients read the answers of each route that can stream, by `METHOD /path`. */
	readonly answers: Readonly<Record<string, SampleAnswerReader>>
	/** The message in the body of an error. */
	readonly readError: (body: unknown) => unknown
}

export interface SampleRequest {
	readonly body?: Readonly<Record<string, unknown>>
	/** Instead of a body, for routes that read a form. */
	readonly form?: () => FormData
	readonly parameters?: readonly string[]
	readonly query?: string
	/** Fields that have a default although clients usually send them. */
	readonly optional?: readonly string[]
}

/** What two answers may differ in. */
export type AnswerDifference =
	| 'text'
	| 'reasoning'
	| 'refusal'
	| 'tool-call'
	| 'tool-arguments'
	| 'image'
	| 'audio'
	| 'provider-item'
	| 'rest'
	| 'choice-finish'
	| 'finish'
	| 'error'

export interface SampleAnswerReader {
	/** The text of a unary response. */
	readonly text: (body: unknown) => unknown
	/** The arguments of the first tool call of a unary response. */
	readonly toolArguments?: ((body: unknown) => unknown) | undefined
	/** The text that one event of a stream adds; anything but a text adds nothing. */
	readonly textPiece: (event: unknown) => unknown
	readonly toolArgumentsPiece?: (event: unknown) => unknown
	/** Whether this is the last event of a stream that is complete. */
	readonly isEnd: (event: unknown) => boolean
	/** The message of an error event. */
	readonly readErrorEvent: (event: unknown) => unknown
	/** What the format cannot express, each with the reason. */
	readonly drops?: Partial<Record<AnswerDifference, string>>
	/** The route never streams, for the reason given. */
	readonly unaryOnly?: string
}

/** The inner value at a path, for readers; undefined if there is none. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
	return path.reduce<unknown>((inner, step) => Reflect.get(Object(inner), step), value)
}

export const sampleModel = 'small'
