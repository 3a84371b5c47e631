// Alternatives of literal texts: a list if there are few, a prefix tree if there are many, because the engine compares
// each token with every open alternative. It does not know the meaning of the texts.

import { writeLiteral } from './character-set.ts'

const listedTexts = 20

interface Branch {
	ends: boolean
	readonly next: Map<string, Branch>
}

/** An expression of one term. */
export function oneOf(texts: readonly string[]): string {
	const different = [...new Set(texts)]
	if (different.length > listedTexts) return `(${writeBranch(grow(different))})`
	return `(${different.map(writeLiteral).join(' | ')})`
}

function grow(texts: readonly string[]): Branch {
	const root: Branch = { ends: false, next: new Map() }
	for (const text of texts) {
		let branch = root
		for (const character of text) {
			const known = branch.next.get(character) ?? { ends: false, next: new Map<string, Branch>() }
			branch.next.set(character, known)
			branch = known
		}
		branch.ends = true
	}
	return root
}

/** Alternatives, without parentheses around them. */
function writeBranch(branch: Branch): string {
	const alternatives = [...branch.next].map(([character, next]) => {
		let text = character
		let end = next
		for (let only = onlyNext(end); only !== undefined; only = onlyNext(end)) {
			text += only[0]
			end = only[1]
		}
		return end.next.size === 0 ? writeLiteral(text) : `${writeLiteral(text)} (${writeBranch(end)})`
	})
	return [...alternatives, ...(branch.ends ? ['""'] : [])].join(' | ')
}

function onlyNext(branch: Branch): [string, Branch] | undefined {
	if (branch.ends || branch.next.size !== 1) return undefined
	return [...branch.next][0]
}
