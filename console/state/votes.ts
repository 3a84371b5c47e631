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

/** The votes on answers of one model. */
export interface VoteSum {
	readonly preferred: number
	/** Votes on questions that the model answered, ties included. */
	readonly compared: number
}

/** By the model's name. A model that answers in two columns counts once for each of them. */
export function sumVotes(conversations: Iterable<{ readonly metadata: Metadata }>): ReadonlyMap<string, VoteSum> {
	const sums = new Map<string, VoteSum>()
	for (const { metadata } of conversations) {
		const models = readModels(metadata)
		for (const vote of readVotes(metadata)) {
			if (vote === undefined || (typeof vote === 'number' && vote >= models.length)) continue
			for (const [column, model] of models.entries()) {
				const { preferred, compared } = sums.get(model) ?? { preferred: 0, compared: 0 }
				sums.set(model, { preferred: preferred + (vote === column ? 1 : 0), compared: compared + 1 })
			}
		}
	}
	return sums
}
