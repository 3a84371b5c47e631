// The order of the sums of votes: most preferred first. It does not know how they are shown.

import type { VoteSum } from '../state/votes.ts'

/** From 0 to 1. */
export const shareOf = ({ preferred, compared }: VoteSum): number => (compared === 0 ? 0 : preferred / compared)

/** By share; of equal shares, the one with more comparisons is first, then by name. */
export function sortSums(sums: ReadonlyMap<string, VoteSum>): readonly (readonly [string, VoteSum])[] {
	return [...sums].sort(
		([name, one], [otherName, other]) =>
			shareOf(other) - shareOf(one) || other.compared - one.compared || (name < otherName ? -1 : 1),
	)
}
