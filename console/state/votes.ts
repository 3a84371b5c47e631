// Which answers a person preferred: as metadata of the compared conversation, and summed over conversations. The metadata has
// `compare`, the names of the models as a JSON list in the order of the columns, and `votes`, one character for each question:
// the number of the preferred column from 1, `0` for a tie, `-` for none.

export type Vote = number | 'tie' | undefined

type Metadata = Readonly<Record<string, string>>

/** Whether the conversation is shown as columns. */
export const isComparison = (metadata: Metadata): boolean => metadata.view === 'compare'

/** Empty if the metadata has none, or no valid list. */
export function readModels({ compare }: Metadata): readonly string[] {
	try {
		const names: unknown = JSON.parse(compare ?? '[]')
		return Array.isArray(names) ? names.filter((name): name is string => typeof name === 'string') : []
	} catch {
		return []
	}
}

export const readVotes = ({ votes = '' }: Metadata): readonly Vote[] =>
	[...votes].map((sign) => (sign === '0' ? 'tie' : /^[1-4]$/.test(sign) ? Number(sign) - 1 : undefined))

export const writeVotes = (votes: readonly Vote[]): string =>
	Array.from(votes, (vote) => (vote === undefined ? '-' : vote === 'tie' ? '0' : String(vote + 1))).join('')

/** How often each model was preferred: most often first, then by name. */
export function sumVotes(
	conversations: Iterable<{ readonly metadata: Metadata }>,
): readonly (readonly [string, number])[] {
	const sums = new Map<string, number>()
	for (const { metadata } of conversations) {
		const models = readModels(metadata)
		for (const vote of readVotes(metadata)) {
			const model = typeof vote === 'number' ? models[vote] : undefined
			if (model !== undefined) sums.set(model, (sums.get(model) ?? 0) + 1)
		}
	}
	return [...sums].sort(([name, count], [other, more]) => more - count || (name < other ? -1 : 1))
}
