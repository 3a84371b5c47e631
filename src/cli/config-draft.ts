// Writes a configuration file with comments, for `dragoman init`. It does not know how its content was found.

import { stringify } from 'yaml'
import { terminalLine } from '../system/terminal-text.ts'
import { defaultModelId } from '../weights/catalogue.ts'
import type { ModelServer } from './model-server.ts'
import { shellWord } from './program-words.ts'

export interface ConfigDraft {
	/** `host:port` */
	readonly listen: string
	/** Model servers to use as upstreams; those without models are left out. */
	readonly servers: readonly ModelServer[]
	/** Whether the embedded engine serves the default model. */
	readonly embedded: boolean
	/** The file that will have this text, for the commands in its comments. */
	readonly file: string
}

const embeddedUpstream = 'local'

/** The text of the file. */
export function writeDraft({ listen, servers, embedded, file }: ConfigDraft): string {
	const named = withUniqueNames(servers.filter(({ models }) => models.length > 0))
	const routes = new Map<string, string[]>()
	for (const { name, models } of named)
		for (const model of models) routes.set(model, [...(routes.get(model) ?? []), name])
	if (embedded) routes.set(defaultModelId, [...(routes.get(defaultModelId) ?? []), embeddedUpstream])
	return [
		'# The configuration of Dragoman, written by `dragoman init`. docs/configuration.md describes every field.',
		`# \`dragoman config check --online --config ${shellWord(terminalLine(file))}\` checks it.`,
		'# A running server reloads changes of models and upstreams.',
		'',
		'# 127.0.0.1 accepts connections of this machine only, 0.0.0.0 those of every network.',
		`listen: ${listen}`,
		'',
		'# The names that clients request, and the upstreams that serve them. With several upstreams in a route, the later',
		'# ones are used if the first fails.',
		'models:',
		...[...routes].flatMap(([model, route]) => [
			`  ${key(model)}:`,
			...typeOf(model),
			`    route: [${route.map(scalar).join(', ')}]`,
		]),
		'',
		'# The servers that run the models. `key: $' + '{NAME}` sends the API key in the environment variable NAME.',
		'upstreams:',
		...named.flatMap(({ name, title, url, preset }) => [
			`  # ${title}`,
			`  ${key(name)}:`,
			'    engine: openai-compatible',
			`    url: ${scalar(url)}`,
			...(preset === undefined ? [] : [`    preset: ${scalar(preset)}`]),
		]),
		...(embedded
			? [
					'  # The embedded engine: the model is downloaded once and runs in a process of this server.',
					`  ${embeddedUpstream}:`,
					'    engine: llama',
					`    model: ${scalar(defaultModelId)}`,
				]
			: []),
		'',
	].join('\n')
}

/** Names of embedding models contain this word, by convention; lists of models have no types. */
function typeOf(model: string): readonly string[] {
	return /embed/i.test(model) ? ['    type: text-embeddings-inference'] : []
}

/** Several servers of one kind are numbered. */
function withUniqueNames(servers: readonly ModelServer[]): readonly ModelServer[] {
	return servers.map((server, index) => {
		const earlier = servers.slice(0, index).filter(({ name }) => name === server.name).length
		return earlier === 0 ? server : { ...server, name: `${server.name}-${earlier + 1}` }
	})
}

function scalar(text: string): string {
	return stringify(text, { lineWidth: 0 }).trimEnd()
}

/** A scalar before a colon. */
function key(text: string): string {
	return stringify({ [text]: 0 }, { lineWidth: 0 }).replace(/: 0\n$/, '')
}
