// Whether a program printed what a page says that it prints. A page cannot contain times, ids and answers of a model: `…`
// in a line means any text, and a line that is only `…` any number of lines. In JSON, the string "…" means any value, the
// member "…" any further members, and "…" as the last element any further elements.

import { isObject } from '../../src/chat/json.ts'
import type { ExpectedOutput } from './page-blocks.ts'

/** @returns undefined if `printed` is what the page expects, else what is expected and what was printed. */
export function outputFault(expected: ExpectedOutput, printed: string): string | undefined {
	const matches = expected.format === 'json' ? jsonMatches(expected.text, printed) : textMatches(expected.text, printed)
	return matches ? undefined : `expected:\n${expected.text.trimEnd()}\nprinted:\n${printed.trimEnd()}`
}

function textMatches(expected: string, printed: string): boolean {
	const lines = expected.trimEnd().split('\n')
	const pattern = lines.map((line) => (line.trim() === '…' ? '(?:[^\n]*\n)*?' : `${linePattern(line)}\n`)).join('')
	return new RegExp(`^${pattern}$`).test(`${plain(printed)}\n`)
}

/** Runs of spaces are equal: columns of tables depend on the values in them, and the last ones may be empty. */
function linePattern(line: string): string {
	const text = line.trimEnd()
	const columns = text.replace(/ {2,}…$/, '')
	const pattern = columns
		.split('…')
		.map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&').replace(/ {2,}/g, ' {2,}'))
		.join('[^\n]*')
	return columns === text ? pattern : `${pattern}(?: {2,}[^\n]*)?`
}

/** Without spaces at the ends of lines, and without the end of the text. */
function plain(text: string): string {
	return text.replace(/[ \t\r]+$/gm, '').trimEnd()
}

function jsonMatches(expected: string, printed: string): boolean {
	try {
		return valueMatches(JSON.parse(expected), JSON.parse(printed))
	} catch {
		return false
	}
}

function valueMatches(expected: unknown, actual: unknown): boolean {
	if (expected === '…') return true
	if (typeof expected === 'string' && typeof actual === 'string')
		return new RegExp(`^${linePattern(expected)}$`).test(actual)
	if (Array.isArray(expected)) {
		if (!Array.isArray(actual)) return false
		const isOpen = expected.at(-1) === '…'
		const given = isOpen ? expected.slice(0, -1) : expected
		if (isOpen ? actual.length < given.length : actual.length !== given.length) return false
		return given.every((element, index) => valueMatches(element, actual[index]))
	}
	if (isObject(expected)) {
		if (!isObject(actual)) return false
		const names = Object.keys(expected).filter((name) => name !== '…')
		if (!('…' in expected) && Object.keys(actual).some((name) => !(name in expected))) return false
		return names.every((name) => name in actual && valueMatches(expected[name], actual[name]))
	}
	return Object.is(expected, actual)
}
