import { expect, test } from 'bun:test'
import { excerptOf } from './search-excerpt.ts'
import { foldText } from './search-text.ts'

const excerpt = (text: string, wanted: string) => excerptOf(text, foldText(wanted))

test('an excerpt has the match in its original form, with words around it', () => {
	expect(excerpt('Where is the\n\n Große STRASSE?', 'strasse')).toBe('Where is the Große STRASSE?')
	const long = `${'before '.repeat(30)}the Needle in the hay${' after'.repeat(60)}`
	const found = excerpt(long, 'NEEDLE')
	expect(found).toMatch(/^…before .*the Needle in the hay after.*…$/)
	expect(found.length).toBeLessThan(150)
})

test('positions are those of the text, although its folded form is longer or shorter', () => {
	expect(excerpt(`${'ß'.repeat(100)} ﬁn needle`, 'needle')).toContain('needle')
	expect(excerpt(`${'e\u0301'.repeat(100)} needle`, 'needle')).toContain('needle')
	expect(excerpt('İstanbul', 'istanbul')).toBe('İstanbul')
})

test('a match that is not located shows the beginning', () => {
	expect(excerpt(`start ${'x '.repeat(20_000)}needle`, 'needle')).toStartWith('start x x')
	expect(excerpt('data:x;base64,AAAA end', ';base64, end')).toStartWith('data:')
	expect(excerpt('', 'a')).toBe('')
	expect(excerpt('\ud800 lone needle', 'needle').isWellFormed()).toBe(true)
})
