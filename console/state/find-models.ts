// Searches a list of models.

import type { ListedModel } from '../api/models.ts'

/** The models whose name or alias has all parts of the query, in the server's order, unavailable ones last. */
export function findModels(all: readonly ListedModel[], query: string): readonly ListedModel[] {
	const parts = query.toLowerCase().split(/\s+/)
	const found = all.filter(({ id, aliases = [] }) => {
		const names = [id, ...aliases].join(' ').toLowerCase()
		return parts.every((part) => names.includes(part))
	})
	return [...found.filter(({ health }) => health !== 'none'), ...found.filter(({ health }) => health === 'none')]
}
