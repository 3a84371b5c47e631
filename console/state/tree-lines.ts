// The turns of a conversation as lines of a tree. Turns that follow each other have the same depth; a fork indents its
// branches.

import type { PageTurn, TurnTree } from './turn-tree.ts'

export interface TreeLine {
	readonly turn: PageTurn
	/** From 1. */
	readonly level: number
	/** Position among the lines of the same fork, from 1, and their number. */
	readonly position: number
	readonly size: number
}

export function linesOf(tree: TurnTree): readonly TreeLine[] {
	const lines: TreeLine[] = []
	// A stack, because a conversation may have thousands of turns in a row.
	const rest = toLines(tree.roots, 1)
	for (let line = rest.pop(); line !== undefined; line = rest.pop()) {
		lines.push(line)
		const children = tree.children(line.turn)
		rest.push(...toLines(children, children.length > 1 ? line.level + 1 : line.level))
	}
	return lines
}

/** Last one first. */
const toLines = (turns: readonly PageTurn[], level: number): TreeLine[] =>
	turns.map((turn, index) => ({ turn, level, position: index + 1, size: turns.length })).reverse()
