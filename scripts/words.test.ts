import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { filesOf, findWords } from './words.ts'

test('coined names and translated phrases are found with what to write instead', () => {
	const source =
		"export interface CallSurroundings {}\nconst text = 'The answer goes on for ever.'\nconst toldYou = 1\n"
	expect(findWords('a.ts', source)).toEqual([
		'a.ts:1: the name CallSurroundings: write context, dependencies, options',
		'a.ts:3: the name toldYou: write reported, received',
		'a.ts:2: "for ever": write indefinitely',
		'a.ts:2: "goes on": write continues',
	])
})

test('plain words pass, and so does the slogan', () => {
	expect(findWords('a.ts', "const context = 'Any chat dialect in, the conversation kept in between.'\n")).toEqual([])
})

test('comments and names of tests are read, also across lines; data of tests is not', () => {
	const source = "/**\n * What the caller is\n * told.\n */\ntest('it goes on', () => call('nobody'))\n"
	expect(findWords('a.test.ts', source)).toEqual([
		'a.test.ts:5: "goes on": write continues',
		'a.test.ts:1: "is told": write is reported, receives',
	])
	expect(findWords('a.ts', source)).toContain('a.ts:5: "nobody": write no client, another owner')
})

test('source, tests and pages are read', () => {
	const { sources, pages } = filesOf(join(import.meta.dir, '..'))
	expect(sources).toContain('src/main.ts')
	expect(sources).toContain('test/docs.test.ts')
	expect(sources).toContain('console/chat/composer.tsx')
	for (const page of ['README.md', 'docs/keys.md', 'console/index.html']) expect(pages).toContain(page)
})
