// What a person sets for the requests of one conversation besides the text: instructions, parameters, tools, the form of the
// answer. It is stored on this device, for each conversation. It does not know how a request is sent.

import { type ReadonlySignal, signal } from '@preact/signals'
import { savedTools } from './function-tools.ts'
import { thisDevice } from './storage.ts'

export const efforts = ['none', 'low', 'medium', 'high'] as const
export type Effort = (typeof efforts)[number]

/** A field that is undefined is not part of the request: the model's own default applies. */
export interface RequestOptions {
	readonly instructions: string
	readonly temperature?: number | undefined
	readonly topP?: number | undefined
	readonly maxOutputTokens?: number | undefined
	readonly effort?: Effort | undefined
	/** Names of saved tools. */
	readonly tools: readonly string[]
	/** The JSON schema of the answers; undefined: answers are text. */
	readonly schema?: unknown
}

const defaults: RequestOptions = { instructions: '', tools: [] }

/** The ranges of the numbers, as the Responses API defines them. */
export const ranges = {
	temperature: { least: 0, most: 2, step: 0.1 },
	topP: { least: 0, most: 1, step: 0.05 },
	maxOutputTokens: { least: 16, most: 1_000_000, step: 1 },
} as const satisfies Partial<Record<keyof RequestOptions, { least: number; most: number; step: number }>>

const nameOf = (conversation: string | undefined) => `options.${conversation ?? 'new'}`

export class ConversationOptions {
	private conversation: string | undefined
	private readonly current

	constructor(conversation: string | undefined) {
		this.conversation = conversation
		this.current = signal(readStored(conversation))
	}

	get value(): ReadonlySignal<RequestOptions> {
		return this.current
	}

	change(change: Partial<RequestOptions>): void {
		this.current.value = { ...this.current.value, ...change }
		this.store()
	}

	/** Resets the instructions and the parameters. */
	reset(): void {
		const { tools, schema } = this.current.value
		this.current.value = { ...defaults, tools, schema }
		this.store()
	}

	/** A new conversation has got its id: the next new one starts without its options. */
	moveTo(conversation: string): void {
		thisDevice.write(nameOf(this.conversation), undefined)
		this.copyTo(conversation)
	}

	/** As `moveTo`; the next new chat has them, too. */
	copyTo(conversation: string): void {
		this.conversation = conversation
		this.store()
	}

	private store(): void {
		const { value } = this.current
		thisDevice.write(
			nameOf(this.conversation),
			JSON.stringify(value) === JSON.stringify(defaults) ? undefined : JSON.stringify(value),
		)
	}
}

/** Whether neither instructions nor parameters are set. */
export const isDefault = (options: RequestOptions): boolean =>
	Object.keys(fieldsOf({ ...options, tools: [], schema: undefined })).length === 0

/** The options as fields of a request of the Responses API. */
export function fieldsOf(options: RequestOptions): Readonly<Record<string, unknown>> {
	const { instructions, temperature, topP, maxOutputTokens, effort, schema } = options
	const tools = savedTools.value.filter(({ name }) => options.tools.includes(name))
	const fields = {
		instructions: instructions.trim() === '' ? undefined : instructions,
		temperature,
		top_p: topP,
		max_output_tokens: maxOutputTokens,
		reasoning: effort === undefined ? undefined : { effort },
		tools: tools.length === 0 ? undefined : tools.map((tool) => ({ type: 'function', ...tool, strict: false })),
		text: schema === undefined ? undefined : { format: { type: 'json_schema', name: 'answer', schema, strict: false } },
	}
	return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

function readStored(conversation: string | undefined): RequestOptions {
	try {
		const stored: unknown = JSON.parse(thisDevice.read(nameOf(conversation)) ?? '{}')
		if (typeof stored !== 'object' || stored === null) return defaults
		const { instructions, temperature, topP, maxOutputTokens, effort, tools, schema } = stored as Partial<
			Record<string, unknown>
		>
		return {
			instructions: typeof instructions === 'string' ? instructions : '',
			temperature: numberWithin('temperature', temperature),
			topP: numberWithin('topP', topP),
			maxOutputTokens: numberWithin('maxOutputTokens', maxOutputTokens),
			effort: efforts.find((known) => known === effort),
			tools: Array.isArray(tools) ? tools.filter((name) => typeof name === 'string') : [],
			schema,
		}
	} catch {
		return defaults
	}
}

/** Undefined for anything but a number of the range. */
export function numberWithin(name: keyof typeof ranges, value: unknown): number | undefined {
	const { least, most } = ranges[name]
	return typeof value === 'number' && value >= least && value <= most ? value : undefined
}
