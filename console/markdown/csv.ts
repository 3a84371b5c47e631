// Tables as comma-separated values, as RFC 4180 defines them.

/**
 * Cells that a spreadsheet would calculate begin with an apostrophe: a model's answer must not become a formula that reads
 * other cells. Numbers remain as they are.
 */
export function writeCsv(rows: readonly (readonly string[])[]): string {
	return rows.map((row) => `${row.map(writeCell).join(',')}\r\n`).join('')
}

function writeCell(cell: string): string {
	const safe = /^[=+@\-\t]/.test(cell) && !/^[+-]?[\d.,\s%]+$/.test(cell) ? `'${cell}` : cell
	return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
