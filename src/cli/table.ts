// Rows of text in columns, for a terminal. Control characters in cells are escaped.

import { terminalLine } from '../system/terminal-text.ts'

/** A column is not cut below this, in cells of the terminal. */
const leastWidth = 8

/** @param width of the terminal; the widest columns are cut to it. Undefined if lines may be of any length. */
export function table(
	head: readonly string[],
	rows: readonly (readonly string[])[],
	width?: number | undefined,
): readonly string[] {
	const all = [head, ...rows.map((row) => row.map(terminalLine))]
	const widths = fit(
		head.map((_, column) => Math.max(...all.map((row) => Bun.stringWidth(row[column] ?? '')))),
		width,
	)
	return all.map((row) =>
		row
			.map((cell, column) => padded(cut(cell, widths[column] ?? 0), widths[column] ?? 0))
			.join(gap)
			.trimEnd(),
	)
}

/** The width of standard output if it is a terminal. */
export function outputWidth({ terminal }: { readonly terminal: boolean }): number | undefined {
	return terminal ? process.stdout.columns : undefined
}

const gap = '  '

/** Takes from the widest column until all fit. */
function fit(natural: readonly number[], width: number | undefined): readonly number[] {
	const widths = [...natural]
	const total = () => widths.reduce((sum, one) => sum + one, (widths.length - 1) * gap.length)
	while (width !== undefined && total() > width) {
		const widest = Math.max(...widths)
		if (widest <= leastWidth) break
		widths[widths.indexOf(widest)] = widest - 1
	}
	return widths
}

function cut(cell: string, width: number): string {
	if (Bun.stringWidth(cell) <= width) return cell
	let text = ''
	for (const character of cell) {
		if (Bun.stringWidth(text + character) > width - 1) break
		text += character
	}
	return `${text}…`
}

/** Some characters are two cells wide. */
function padded(cell: string, width: number): string {
	return cell + ' '.repeat(Math.max(0, width - Bun.stringWidth(cell)))
}
