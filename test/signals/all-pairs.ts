// A small selection of the cases of a matrix in which every two values of different dimensions meet at least once.
// Deterministic.

export type Dimensions = Readonly<Record<string, readonly string[]>>

export type CaseOf<Given extends Dimensions> = { readonly [Name in keyof Given]: Given[Name][number] }

/** Every combination that is allowed. */
export function allCases<Given extends Dimensions>(
	dimensions: Given,
	isAllowed: (one: CaseOf<Given>) => boolean,
): readonly CaseOf<Given>[] {
	const combined = Object.entries(dimensions).reduce<readonly Readonly<Record<string, string>>[]>(
		(cases, [name, values]) => cases.flatMap((one) => values.map((value) => ({ ...one, [name]: value }))),
		[{}],
	)
	return (combined as readonly CaseOf<Given>[]).filter(isAllowed)
}

/**
 * Greedy: always the case with the most pairs that were not covered yet, the first of them in the order of the matrix.
 */
export function allPairs<Given extends Dimensions>(
	dimensions: Given,
	isAllowed: (one: CaseOf<Given>) => boolean,
): readonly CaseOf<Given>[] {
	const cases = allCases(dimensions, isAllowed)
	const uncovered = new Set(cases.flatMap(pairsOf))
	const selected: CaseOf<Given>[] = []
	while (uncovered.size > 0) {
		const gain = (one: CaseOf<Given>) => pairsOf(one).filter((pair) => uncovered.has(pair)).length
		const best = cases.reduce((first, other) => (gain(other) > gain(first) ? other : first))
		for (const pair of pairsOf(best)) uncovered.delete(pair)
		selected.push(best)
	}
	return selected
}

/** Each two values of a case, as text. */
export function pairsOf(one: Readonly<Record<string, string>>): readonly string[] {
	const values = Object.entries(one).map(([name, value]) => `${name}=${value}`)
	return values.flatMap((first, at) => values.slice(at + 1).map((second) => `${first} ${second}`))
}
