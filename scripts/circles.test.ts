import { expect, test } from 'bun:test'
import { findCircles } from './circles.ts'

function graphOf(edges: Readonly<Record<string, readonly string[]>>) {
	return new Map(Object.entries(edges).map(([from, to]) => [from, new Set(to)]))
}

test('a graph without circles has none', () => {
	expect(findCircles(graphOf({ a: ['b', 'c'], b: ['c'], c: [] }))).toEqual([])
	expect(findCircles(graphOf({}))).toEqual([])
})

test('circles are found with all their nodes, without nodes that lead to them', () => {
	expect(findCircles(graphOf({ start: ['b'], b: ['c'], c: ['a'], a: ['b', 'end'], end: [] }))).toEqual([
		['a', 'b', 'c'],
	])
})

test('circles that share a node are one, others are separate', () => {
	expect(findCircles(graphOf({ a: ['b'], b: ['a', 'c'], c: ['b'], x: ['y'], y: ['x'] }))).toEqual([
		['a', 'b', 'c'],
		['x', 'y'],
	])
})
