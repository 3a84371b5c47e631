// Searches a list of models, and groups it: those that the operator recommends, then all others.

import type { ListedModel } from '../api/models.ts'

export interface ModelGroup {
	readonly type: 'recommended' | 'others'
	/** Not empty. */
	readonly models: readonly ListedModel[]
}

/**
 * The models whose name or alias has all parts of the query. Recommended ones are in the operator's order, the others in the
 * server's; all that are unavailable are at the end of the others.
 */
export function findModels(
	all: readonly ListedModel[],
	query: string,
	recommended: readonly string[] = [],
): readonly ModelGroup[] {
	const parts = query.toLowerCase().split(/\s+/)
	const found = all.filter(({ id, aliases = [] }) => {
		const names = [id, ...aliases].join(' ').toLowerCase()
		return parts.every((part) => names.includes(part))
	})
	const available = new Map(found.filter(({ health }) => health !== 'none').map((model) => [model.id, model]))
	const first = recommended.flatMap((id) => available.get(id) ?? [])
	for (const { id } of first) available.delete(id)
	const groups: readonly ModelGroup[] = [
		{ type: 'recommended', models: first },
		{ type: 'others', models: [...available.values(), ...found.filter(({ health }) => health === 'none')] },
	]
	return groups.filter(({ models }) => models.length > 0)
}
