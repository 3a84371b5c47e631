import { expect, test } from 'bun:test'
import { table } from './table.ts'

test('columns are aligned, also with characters of two cells', () => {
	expect(
		table(
			['A', 'B'],
			[
				['one', '1'],
				['日本', '2'],
			],
		),
	).toEqual(['A     B', 'one   1', '日本  2'])
})

test('the widest columns are cut to the width of the terminal', () => {
	const rows = [['a-name-of-thirty-characters-000', 'short', '日本語日本語日本語日本語']]
	const lines = table(['NAME', 'X', 'Y'], rows, 40)
	expect(lines.every((line) => Bun.stringWidth(line) <= 40)).toBe(true)
	expect(lines[1]).toMatch(/^a-name-of-\S*… +short +日本\S*…$/)
	expect(table(['NAME'], [['a-name-of-thirty-characters-000']])[1]).toBe('a-name-of-thirty-characters-000')
})

test('a terminal that is too narrow gets short columns', () => {
	expect(table(['A', 'B'], [['0123456789', '0123456789']], 5)).toEqual(['A         B', '0123456…  0123456…'])
})

test('control characters are escaped', () => {
	expect(table(['A'], [['\u001b[31m']])[1]).toBe('\\u001b[31m')
})
