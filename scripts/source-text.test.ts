import { expect, test } from 'bun:test'
import { readSource } from './source-text.ts'

test('identifiers, texts and comments are found with their lines; import paths are left out', () => {
	const source = [
		"import { told } from './told.ts'",
		'// nobody reads this',
		'/* nor',
		' whoever */ const tongue = "people\'s tongues"',
		'log(`it stands in line`)',
	].join('\n')
	const { identifiers, texts, comments } = readSource(source)
	expect(identifiers).toContainEqual({ name: 'told', line: 1 })
	expect(identifiers).toContainEqual({ name: 'tongue', line: 4 })
	expect(identifiers.map(({ name }) => name)).not.toContain('nobody')
	expect(identifiers.map(({ name }) => name)).not.toContain('whoever')
	expect(texts).toEqual([
		{ text: "people's tongues", line: 4, title: false },
		{ text: 'it stands in line', line: 5, title: false },
	])
	expect(comments).toEqual([
		{ text: '// nobody reads this', line: 2 },
		{ text: '/* nor\n whoever */', line: 3 },
	])
})

test('names of tests are marked', () => {
	const source = "test('a', f)\ndescribe.skipIf(!isHere)('b', g)\ntest.concurrent.each([1, 2])('%s c', h)\nexpect('d')"
	expect(readSource(source).texts.map(({ text, title }) => [text, title])).toEqual([
		['a', true],
		['b', true],
		['%s c', true],
		['d', false],
	])
})
