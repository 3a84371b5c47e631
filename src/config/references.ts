// Checks references between parts of the configuration: upstreams in routes, and names that belong to several models.

import { engineKinds } from '../engines/list.ts'
import { modelPatternProblem } from '../routing/model.ts'
import { nearest } from '../system/nearest.ts'
import { type ConfigProblem, shown } from './config-problem.ts'
import { record } from './record.ts'
import type { ConfigFile } from './schema.ts'

/**
 * @param document the fields of the file. They may be invalid otherwise: values that cannot be read here have another
 * problem.
 */
export function checkReferences(document: Readonly<Record<string, unknown>>): readonly ConfigProblem[] {
	const models = Object.entries(record(document.models)).map(([name, model]) => [name, record(model)] as const)
	return [
		...danglingRoutes(models, Object.keys(record(document.upstreams))),
		...sharedNames(models),
		...misplacedStars(models),
	]
}

/** The upstreams in the route of a model, in order. */
export function routedUpstreams(model: ConfigFile['models'][string]): readonly string[] {
	return model.route.map((entry) => (typeof entry === 'string' ? entry : entry.upstream))
}

type GivenModels = readonly (readonly [name: string, model: Readonly<Record<string, unknown>>])[]

function danglingRoutes(models: GivenModels, known: readonly string[]): readonly ConfigProblem[] {
	return models.flatMap(([name, { route }]) =>
		(Array.isArray(route) ? route : [route]).flatMap((entry: unknown, index) => {
			const upstream: unknown = typeof entry === 'string' ? entry : record(entry).upstream
			if (typeof upstream !== 'string' || upstream === '' || known.includes(upstream)) return []
			const path = ['models', name, 'route', ...(Array.isArray(route) ? [index] : [])]
			return [{ path, message: `no upstream ${shown(upstream)}${suggest(upstream, known)}` }]
		}),
	)
}

function suggest(upstream: string, known: readonly string[]): string {
	const meant = nearest(upstream, known)
	if (meant !== undefined) return ` (did you mean ${shown(meant)}?)`
	if (known.length === 0) return ': no upstreams are configured, so add one under `upstreams`'
	return `: the upstreams are ${known.slice(0, maxShown).join(', ')}${known.length > maxShown ? ' …' : ''}`
}

const maxShown = 10

/** Upstreams whose models cannot be discovered, because their engine does not list them. */
export function undiscoverable({ upstreams }: ConfigFile): readonly ConfigProblem[] {
	return Object.entries(upstreams).flatMap(([name, { engine, models }]) =>
		models === undefined || engineKinds[engine]?.listsModels === true
			? []
			: [
					{
						path: ['upstreams', name, 'models'],
						message: `the engine ${engine} does not list its models: name them under \`models\` at the top level`,
					},
				],
	)
}

function misplacedStars(models: GivenModels): readonly ConfigProblem[] {
	return models.flatMap(([name, { aliases }]) => {
		const names = [
			{ path: ['models', name], text: name },
			...(Array.isArray(aliases) ? aliases : []).map((alias: unknown, index) => ({
				path: ['models', name, 'aliases', index],
				text: String(alias),
			})),
		]
		return names.flatMap(({ path, text }) => {
			const message = modelPatternProblem(text)
			return message === undefined ? [] : [{ path, message }]
		})
	})
}

/** Finds names that belong to several models. A model's own name among its aliases is allowed. */
function sharedNames(models: GivenModels): readonly ConfigProblem[] {
	const problems: ConfigProblem[] = []
	const owners = new Map(models.map(([name]) => [name, name]))
	for (const [name, { aliases }] of models)
		for (const [index, alias] of (Array.isArray(aliases) ? aliases : []).entries()) {
			if (typeof alias !== 'string') continue
			const owner = owners.get(alias)
			if (owner === undefined) owners.set(alias, name)
			else if (owner !== name)
				problems.push({
					path: ['models', name, 'aliases', index],
					message: `${shown(alias)} is already ${owner === alias ? 'the name' : 'an alias'} of the model ${shown(owner)}: a name belongs to one model`,
				})
		}
	return problems
}
