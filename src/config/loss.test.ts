import { expect, test } from 'bun:test'
import { findLoss } from './loss.ts'

function reading(values: Readonly<Record<string, unknown>>, text = 'x: 1\n') {
	return { text, values, secretFiles: [], locate: () => '' }
}

const before = { models: { a: { route: ['u', 'v'] } }, upstreams: { u: { model: 'gpt-4o', limit: 64, on: true } } }

test.each([
	['a field', { models: before.models }, 'upstreams is missing'],
	['an inner field', { ...before, upstreams: { u: { model: 'gpt-4o', on: true } } }, 'upstreams.u.limit is missing'],
	['a value', { ...before, upstreams: { u: null } }, 'upstreams.u is missing'],
	['an element', { ...before, models: { a: { route: ['u'] } } }, 'models.a.route[1] is missing'],
	[
		'the end of a text',
		{ ...before, upstreams: { u: { model: 'gpt-4', limit: 64, on: true } } },
		'upstreams.u.model is shorter',
	],
	[
		'the end of a number',
		{ ...before, upstreams: { u: { model: 'gpt-4o', limit: 6, on: true } } },
		'upstreams.u.limit is shorter',
	],
] as const)('%s that is missing is a loss', (_, after, loss) =>
	expect(findLoss(reading(before), reading(after))).toBe(loss),
)

test('additions and changes are not a loss', () => {
	const after = {
		listen: '127.0.0.1:0',
		models: { a: { route: ['v', 'u', 'w'] } },
		upstreams: { u: { model: 'gpt-5', limit: 65, on: false, key: 'k' } },
	}
	expect(findLoss(reading(before), reading(after))).toBeUndefined()
	expect(findLoss(reading(before), reading(before))).toBeUndefined()
})

test('a missing final line end is a loss, unless it was missing before', () => {
	expect(findLoss(reading(before), reading(before, 'x: 1'))).toBe('the last line has no line end')
	expect(findLoss(reading(before, 'x: 1'), reading(before, 'x: 12'))).toBeUndefined()
})
