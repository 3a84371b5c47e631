import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { findMemberNames, memberNames } from './member-names.ts'

const members = memberNames(join(import.meta.dir, '..', 'src'))

test('members are found by their folders', () => {
	expect(members.map(({ folder, names }) => [folder, names.length > 1])).toEqual([
		['dialects', true],
		['engines', true],
		['stores', true],
	])
	expect(members[0]?.names).toContain('albert')
	expect(members[0]?.names).not.toContain('albert-family')
})

test('a name outside its folder is found as a string and as an identifier', () => {
	expect(
		findMemberNames('pipeline/a.ts', "const histories = { albert: true }\nif (name === 'egp') x()\n", members),
	).toEqual([
		"pipeline/a.ts:1: the name 'albert' of dialects/ is known outside its folder",
		"pipeline/a.ts:2: the name 'egp' of dialects/ is known outside its folder",
	])
	expect(findMemberNames('dialects/openai/a.ts', "f('albert')\n", members)).toHaveLength(1)
})

test('a name in its folder, its family, its list and in a longer text passes', () => {
	for (const file of [
		'dialects/albert/a.ts',
		'dialects/albert-family/a.ts',
		'dialects/list.ts',
		'keys/history-mode.ts',
	])
		expect(findMemberNames(file, "f('albert')\n", members)).toEqual([])
	expect(findMemberNames('pipeline/a.ts', "f('a text about albert')\n", members)).toEqual([])
})
