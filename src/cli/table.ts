// Rows of text in columns, for a terminal. Control characters in cells are escaped.

import { terminalLine } from '../system/terminal-text.ts'

export function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
	const all = [head, ...rows.map((row) => row.map(terminalLine))]
	const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
	return all.map((row) =>
		row
			.map((cell, column) => cell.padEnd(widths[column] ?? 0))
			.join('  ')
			.trimEnd(),
	)
}
