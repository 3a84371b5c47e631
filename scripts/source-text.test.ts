import { expect, test } from 'bun:test'
import { readSource } from './source-text.ts'

test('identifiers and texts are found with their lines; comments and import paths are left out', () => {
	const source = [
		"import { told } from './told.ts'",
		'// nobody reads this',
		'/* nor',
		' whoever */ const tongue = "people\'s tongues"',
		'log(`it stands in line`)',
	].join('\n')
	const { identifiers, texts } = readSource(source)
	expect(identifiers).toContainEqual({ name: 'told', line: 1 })
	expect(identifiers).toContainEqual({ name: 'tongue', line: 4 })
	expect(identifiers.map(({ name }) => name)).not.toContain('nobody')
	expect(identifiers.map(({ name }) => name)).not.toContain('whoever')
	expect(texts).toEqual([
		{ text: "people's tongues", line: 4 },
		{ text: 'it stands in line', line: 5 },
	])
})
