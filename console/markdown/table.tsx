// A table, which scrolls sideways inside its own box and can be copied as CSV.

import type { Tokens } from 'marked'
import type { ComponentChildren } from 'preact'
import { useRef } from 'preact/hooks'
import { text } from '../languages/languages.ts'
import { CopyButton } from '../parts/copy-button.tsx'
import { memo } from '../parts/memo.tsx'
import { writeCsv } from './csv.ts'

export interface TableProps {
	readonly table: Tokens.Table
	readonly renderCell: (cell: Tokens.TableCell) => ComponentChildren
}

export function Table({ table: { header, rows, align }, renderCell }: TableProps) {
	const element = useRef<HTMLTableElement>(null)
	const classOf = (column: number) => (align[column] == null ? undefined : `align-${align[column]}`)
	return (
		<div class="table">
			{/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable with the keyboard */}
			<section class="scroll" tabIndex={0} aria-label={text.value.table}>
				<table ref={element}>
					<thead>
						<tr>
							{header.map((cell, column) => (
								<th scope="col" class={classOf(column)}>
									{renderCell(cell)}
								</th>
							))}
						</tr>
					</thead>
					<tbody>
						{rows.map((row, index) => (
							<Row key={index} row={row} classOf={classOf} renderCell={renderCell} />
						))}
					</tbody>
				</table>
			</section>
			<CopyButton label={text.value.copyCsv} content={() => writeCsv(textOf(element.current))} />
		</div>
	)
}

interface RowProps {
	readonly row: readonly Tokens.TableCell[]
	readonly classOf: (column: number) => string | undefined
	readonly renderCell: TableProps['renderCell']
}

const contentOf = (row: readonly Tokens.TableCell[]): string => row.map((cell) => cell.text).join('\n')

const Row = memo(
	({ row, classOf, renderCell }: RowProps) => (
		<tr>
			{row.map((cell, column) => (
				<td class={classOf(column)}>{renderCell(cell)}</td>
			))}
		</tr>
	),
	(former, next) => former.row === next.row || contentOf(former.row) === contentOf(next.row),
)

/** The cells as they are shown, formulas by their source. */
function textOf(table: HTMLTableElement | null): readonly (readonly string[])[] {
	return [...(table?.rows ?? [])].map((row) => [...row.cells].map(cellText))
}

function cellText(cell: HTMLTableCellElement): string {
	const copy = document.createElement('div')
	copy.append(cell.cloneNode(true))
	for (const formula of copy.querySelectorAll<HTMLElement>('.maths')) formula.replaceWith(formula.dataset.tex ?? '')
	for (const lineBreak of copy.querySelectorAll('br')) lineBreak.replaceWith('\n')
	return (copy.textContent ?? '').trim()
}
