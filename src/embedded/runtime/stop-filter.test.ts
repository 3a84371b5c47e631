// Stop texts in chunks cut at any position.

import { expect, test } from 'bun:test'
import { StopFilter } from './stop-filter.ts'

function filter(stops: readonly string[], chunks: readonly string[]) {
	const stopFilter = new StopFilter(stops)
	let text = ''
	for (const chunk of chunks) {
		const released = stopFilter.push(chunk)
		text += released.text
		if (released.stopText !== undefined) return { text, stopText: released.stopText }
	}
	return { text: text + stopFilter.flush() }
}

test('ends before the first stop text, for every cut', () => {
	const text = 'one two END three STOP four'
	for (let first = 0; first <= text.length; first++)
		for (let second = first; second <= text.length; second++)
			expect(filter(['STOP', 'END'], [text.slice(0, first), text.slice(first, second), text.slice(second)])).toEqual({
				text: 'one two ',
				stopText: 'END',
			})
})

test('releases text that only resembled a stop text', () => {
	expect(filter(['aab'], [...'aaac aa'])).toEqual({ text: 'aaac aa' })
	expect(filter([], ['x', 'y'])).toEqual({ text: 'xy' })
})

test('withholds no more than necessary', () => {
	const stopFilter = new StopFilter(['\n\nHuman:'])
	expect(stopFilter.push('Hello').text).toBe('Hello')
	expect(stopFilter.push(' you\n').text).toBe(' you')
	expect(stopFilter.heldLength).toBe(1)
	expect(stopFilter.push('x').text).toBe('\nx')
})
