// The models of a running server: which one a command uses, and what to do if there is none.

import { isObject } from '../chat/json.ts'
import type { Model } from '../routing/model.ts'
import { nearest } from '../system/nearest.ts'
import { CliError } from './cli-error.ts'
import type { ServerConnection } from './server-connection.ts'

export interface ServerModel {
	readonly id: string
	readonly aliases: readonly string[]
	/** Undefined if the server does not know it. */
	readonly contextTokens: number | undefined
	readonly chats: boolean
	/** For example, that another model answers instead. */
	readonly note?: string | undefined
}

/** In the order of the configuration. @throws CliError */
export async function listModels(server: ServerConnection): Promise<readonly ServerModel[]> {
	const body: unknown = await (await server.send('/openai/v1/models')).json().catch(() => undefined)
	if (!isObject(body) || !Array.isArray(body.data))
		throw new CliError(`${server.url} is not a Dragoman server: it has no list of models.`)
	return body.data.flatMap((model: unknown) => {
		if (!isObject(model) || typeof model.id !== 'string') return []
		const { id, aliases, max_context_length: contextTokens, type, note } = model
		return [
			{
				id,
				aliases: Array.isArray(aliases) ? aliases.map(String) : [],
				contextTokens: typeof contextTokens === 'number' ? contextTokens : undefined,
				chats: chatTypes.has(type),
				note: typeof note === 'string' ? note : undefined,
			},
		]
	})
}

const chatTypes: ReadonlySet<unknown> = new Set(['text-generation', 'image-text-to-text'] satisfies Model['type'][])

/** The named model, or the first one that chats. @throws CliError if there is none. */
export function chooseChatModel(models: readonly ServerModel[], name: string | undefined): ServerModel {
	const chatting = models.filter(({ chats }) => chats)
	const names = chatting.map(({ id }) => id)
	if (name === undefined) {
		const [first] = chatting
		if (first === undefined) throw new CliError('The server has no model that chats.')
		return first
	}
	const found = chatting.find(({ id, aliases }) => id === name || aliases.includes(name))
	if (found !== undefined) return found
	throw new CliError(`The server has no chat model '${name}'. ${suggest(name, names)}`)
}

/** The message about a model that does not exist, with those that a caller may use. */
export async function withModels(server: ServerConnection, message: string, name: string): Promise<string> {
	const models = await listModels(server).catch(() => [])
	const names = models.filter(({ chats }) => chats).map(({ id }) => id)
	return names.length === 0 || names.includes(name) ? message : `${message} ${suggest(name, names)}`
}

function suggest(name: string, names: readonly string[]): string {
	const meant = nearest(name, names)
	return meant === undefined ? `The models are: ${names.join(', ')}.` : `Did you mean '${meant}'?`
}
