import { describe, expect, test } from 'bun:test'
import { ChatError } from '../../chat/error.ts'
import { toRegExp } from './grammar.testing.ts'
import { patternRule } from './regular-expression.ts'
import { characterRule } from './string-rules.ts'

const texts = [
	'',
	'a',
	'b',
	'ab',
	'abc',
	'aab',
	'AB-123',
	'é',
	'😀',
	'a b',
	'"',
	'\\',
	'a"b',
	'x\ny',
	'2024-01-31',
	'foo@bar.org',
	'0',
	'007',
	'3.14',
	'zzzz',
	'xyz',
]
const patterns = [
	'^a$',
	'a',
	'^a',
	'b$',
	'^a|b$',
	'^(a|b)+$',
	'^[A-Z]{2}-\\d{3}$',
	'^\\w+$',
	'^\\S*$',
	'^[^a]*$',
	'.',
	'^.{2,3}$',
	'^\\d{4}-\\d{2}-\\d{2}$',
	'^(?:x|y)*z?$',
	'^(?<name>a+)b$',
	'^[\\w.]+@[\\w.]+$',
	'^\\u0061\\x62$',
	'^\\u{1f600}$',
	'^["\\\\]$',
	'^a??b*?$',
	'',
	'^$',
	'^[a-c-]*$',
	'^-?\\d+(\\.\\d+)?$',
]

describe('a pattern is translated to an expression of the same language', () => {
	for (const pattern of patterns) {
		test(pattern || '(empty)', () => {
			const rule = toRegExp(patternRule(pattern, 'character', '#'), { character: characterRule })
			const original = new RegExp(pattern, 'u')
			for (const text of texts)
				expect([text, rule.test(JSON.stringify(text).slice(1, -1))]).toEqual([text, original.test(text)])
		})
	}
})

describe('unsupported patterns are rejected', () => {
	for (const pattern of [
		'(?=a)',
		'(?<!a)b',
		'(a)\\1',
		'\\bfoo',
		'a^b',
		'(',
		'a)',
		'[',
		'*',
		'a{3,1}',
		'\\p{L}',
		'\\u12',
		`${'('.repeat(60)}${')'.repeat(60)}`,
	]) {
		test(pattern.slice(0, 20), () => {
			expect(() => patternRule(pattern, 'character', '#/properties/x')).toThrow(ChatError)
		})
	}
})
