import { expect, test } from 'bun:test'
import { charactersOf, foldText, foldTextInSteps } from './search-text.ts'

test.each([
	['ABC', 'abc'],
	['É e\u0301', 'é é'],
	['ß ẞ SS', 'ss ss ss'],
	['İ I ı i', 'i i i i'],
	['ΣΑΣ σας', 'σασ σασ'],
	['ΑΣ', 'ασ'],
	['ǅ ŉ ﬁ', 'ǆ ʼn fi'],
	['a\0b', 'ab'],
	['a\ud800b', 'a\ufffdb'],
	['\u1112\u1161\u11ab', '한'],
	['x data:image/png;base64,QUJD+/== y', 'x data:image/png;base64, y'],
	[' a\n\tb ', ' a\n\tb '],
])('%j is folded', (text, folded) => {
	expect(foldText(text)).toBe(folded)
})

/** No later character has a case or a composition. */
const end = 0x20000

test('folding a folded text, or its lower case, changes nothing', () => {
	for (let code = 0; code < end; code++) {
		const text = `a${String.fromCodePoint(code)}b`
		const folded = foldText(text)
		if (foldText(folded) !== folded || foldText(text.toLowerCase()) !== folded)
			expect([code.toString(16), foldText(folded), foldText(text.toLowerCase())]).toEqual([
				code.toString(16),
				folded,
				folded,
			])
	}
})

test('upper, lower and title case of every character are equal', () => {
	for (let code = 0; code < end; code++) {
		const character = String.fromCodePoint(code)
		const folded = foldText(character)
		for (const other of [character.toLowerCase(), character.toUpperCase(), character.normalize('NFD')])
			if (foldText(other) !== folded) expect([code.toString(16), foldText(other)]).toEqual([code.toString(16), folded])
	}
})

test.each([
	'A\u0301',
	'é',
	'É',
	'ΑΣ',
	'Й',
	'Й',
	'أ',
	'ا\u0654',
	'が',
	'か\u3099',
	'漢',
	'한',
	'\u1112\u1161\u11ab',
	'가\u11a8',
	'😀',
	'👍🏽',
	'i\u0307',
	'İ',
])('a long text of %j is folded in short steps, like in one', (character) => {
	for (const offset of ['', 'x']) {
		const text = offset + character.repeat(200_000 / character.length)
		const steps = foldTextInSteps(text)
		let count = 1
		let step = steps.next()
		for (; step.done !== true; count++) step = steps.next()
		expect(step.value === foldText(text)).toBe(true)
		expect(count).toBeGreaterThan(3)
	}
})

test('characters are code points', () => {
	expect([charactersOf(''), charactersOf('aé😀'), charactersOf('e\u0301')]).toEqual([0, 3, 2])
})
