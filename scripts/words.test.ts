import { expect, test } from 'bun:test'
import { findWords } from './words.ts'

test('coined names and translated phrases are found with what to write instead', () => {
	const source =
		"export interface CallSurroundings {}\nconst text = 'The answer goes on for ever.'\nconst toldYou = 1\n"
	expect(findWords('a.ts', source)).toEqual([
		'a.ts:1: the name CallSurroundings: write context, dependencies, options',
		'a.ts:2: "for ever": write indefinitely',
		'a.ts:2: "goes on": write continues',
	])
})

test('plain words pass, and so does the slogan', () => {
	expect(findWords('a.ts', "const context = 'Any chat dialect in, the conversation kept in between.'\n")).toEqual([])
})
