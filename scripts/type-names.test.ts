import { expect, test } from 'bun:test'
import { findHomonyms, typeNames } from './type-names.ts'

test('interfaces, types and classes are found, exported or not; type parameters and uses are not', () => {
	const source = 'export interface A<B> {}\ntype C = A<D>\nexport abstract class E {}\nconst f = (g: H) => g\n'
	expect(typeNames(source)).toEqual(['A', 'C', 'E'])
})

test('a name in two files is a homonym, overloads in one file are not', () => {
	const files = new Map([
		['a.ts', 'type A = 1\ntype B = 1\n'],
		['b.ts', 'export class A {}\n'],
		['c.ts', 'interface C { x: 1 }\ninterface C { y: 1 }\n'],
	])
	expect(findHomonyms(files)).toEqual(['A: a.ts, b.ts'])
})
