import { describe, expect, test } from 'bun:test'
import { type Model, ModelTable, modelPatternProblem, publicNameOf, upstreamNameOf } from './model.ts'

const model = (name: string, ...aliases: string[]): Model => ({
	name,
	aliases,
	type: 'text-generation',
	required: false,
	ownedBy: 'dragoman',
	tokenizer: 'o200k_base',
	route: ['u'],
})

const table = new ModelTable([
	model('gpt-4o', 'best'),
	model('gpt-*', 'chatgpt-*', 'newest'),
	model('gpt-4*'),
	model('small', 'mini-*'),
	model('*'),
])

describe('a requested name', () => {
	test.each([
		['gpt-4o', 'gpt-4o', 'gpt-4o'],
		['best', 'gpt-4o', 'gpt-4o'],
		['gpt-4o-mini', 'gpt-4*', 'gpt-4o-mini'],
		['gpt-4', 'gpt-4*', 'gpt-4'],
		['gpt-5', 'gpt-*', 'gpt-5'],
		['gpt-', 'gpt-*', 'gpt-'],
		['chatgpt-5', 'gpt-*', 'chatgpt-5'],
		['newest', 'gpt-*', 'newest'],
		['mini-7', 'small', 'small'],
		['small', 'small', 'small'],
		['anything/else:free', '*', 'anything/else:free'],
	])('%s is served by %s under the name %s', (requested, name, publicName) => {
		const found = table.find(requested)
		expect([found.name, publicNameOf(found)]).toEqual([name, publicName])
	})

	test.each([
		'../keys',
		'a/../b',
		'a//b',
		'/a',
		'a?b',
		'a#b',
		'a b',
		'a%2e',
		'a\nb',
		'',
		'é',
		'*',
		'gpt-*',
		'x'.repeat(201),
	])('that could change a path matches no pattern: %j', (name) =>
		expect(() => table.find(name)).toThrow('does not exist'),
	)

	test('without a pattern is unknown', () => {
		const exact = new ModelTable([model('gpt-4o'), model('claude-*')])
		expect(() => exact.find('gpt-5')).toThrow('does not exist')
		expect(() => exact.find('claude')).toThrow('does not exist')
	})
})

test('families are not listed', () => {
	expect(table.listed.map(({ name }) => name)).toEqual(['gpt-4o', 'small'])
	expect(table.all).toHaveLength(5)
})

test.each([
	[undefined, 'gpt-5', 'gpt-5'],
	['fixed', 'gpt-5', 'fixed'],
	['openai/{name}', 'gpt-5', 'openai/gpt-5'],
	['{rest}', 'gpt-5', '5'],
	['{rest}', 'gpt-4o', 'gpt-4o'],
	['{name}@{rest}', 'mini-7', 'small@7'],
	['{other}', 'gpt-5', '{other}'],
	['{name}', '$&', '$&'],
])('the name %s at the upstream of %s is %s', (template, requested, expected) => {
	const found = requested === '$&' ? model('$&') : table.find(requested)
	expect(upstreamNameOf(template, found)).toBe(expected)
})

test.each([
	['gpt-*', true],
	['*', true],
	['gpt', true],
	['*-mini', false],
	['gpt-**', false],
	['g*t*', false],
])('%s can be a pattern: %p', (name, valid) => expect(modelPatternProblem(name) === undefined).toBe(valid))
