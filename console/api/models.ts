// The models of the server.

import { callJson } from './server.ts'

export interface ListedModel {
	readonly id: string
	/** As Albert and OpenGateLLM name the types; absent from other servers. */
	readonly type?: string
	readonly aliases?: readonly string[]
	/** What the model can do besides text; absent from other servers. */
	readonly capabilities?: readonly ('images' | 'tools' | 'reasoning')[]
	readonly max_context_length?: number | null
	/** `limited` if some upstreams are unavailable or calls are queued; `none` if all upstreams are unavailable. */
	readonly health?: 'good' | 'limited' | 'none'
	/** Whether all upstreams of the model run on the server's machine. */
	readonly local?: boolean
	/** Output tokens per second, as the server measured them in the last hour. */
	readonly speed?: number
	/** Of a million tokens; absent if the model has no price. */
	readonly costs?: { readonly prompt_tokens: number; readonly completion_tokens: number; readonly currency: string }
	/** What the server says about the model's state, such as that it is still being downloaded. */
	readonly note?: string
}

const chatTypes: ReadonlySet<string> = new Set(['text-generation', 'image-text-to-text'])

/** Whether a model reads pictures, if its server says so. */
export const readsPictures = ({ type, capabilities }: ListedModel): boolean =>
	type === 'image-text-to-text' || capabilities?.includes('images') === true

/** The models that answer chat requests, in the server's order. */
export async function listChatModels(key?: string): Promise<readonly ListedModel[]> {
	const { data } = await callJson<{ readonly data?: unknown }>('models', key === undefined ? {} : { key })
	const models = Array.isArray(data) ? data.filter((model): model is ListedModel => typeof model?.id === 'string') : []
	return models.filter(({ type }) => type === undefined || chatTypes.has(type))
}
