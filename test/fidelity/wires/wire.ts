// A wire from the server's side: where each feature is in a request, and answers with each feature.

import type { AnswerFeature, RequestFeature } from '../features.ts'

export interface Wire {
	/** Of the engine. */
	readonly name: string
	/** Whose words are the same. */
	readonly family: string
	/** Options of the upstream, in YAML. */
	configure(url: string): string
	/** Whether the request of the server has the feature. */
	readonly sees: Readonly<Record<RequestFeature, (body: unknown) => boolean>>
	/** What the server answers: a status and a body, or the events of a stream. */
	answer(feature: AnswerFeature, stream: boolean): Reply
}

export interface Reply {
	readonly status: number
	readonly headers?: Readonly<Record<string, string>>
	/** A text is sent as it is, anything else as JSON. */
	readonly body: unknown
}

export function holds(value: unknown, mark: string): boolean {
	return (JSON.stringify(value) ?? '').includes(JSON.stringify(mark).slice(1, -1))
}

export function events(values: readonly unknown[], write: (value: unknown) => string): Reply {
	return { status: 200, headers: { 'content-type': 'text/event-stream' }, body: values.map(write).join('') }
}

/** Statuses that servers of all wires share. */
const statuses = {
	errorInvalid: 400,
	errorLimit: 429,
	errorOverloaded: 529,
	errorKey: 401,
	errorFailed: 500,
} as const

export function errorStatus(feature: AnswerFeature): number | undefined {
	return feature in statuses ? statuses[feature as keyof typeof statuses] : undefined
}
