// Stop texts, met in pieces cut anywhere.

import { expect, test } from 'bun:test'
import { StopFilter } from './stop-filter.ts'

function filter(stops: readonly string[], pieces: readonly string[]) {
	const stopFilter = new StopFilter(stops)
	let text = ''
	for (const piece of pieces) {
		const released = stopFilter.push(piece)
		text += released.text
		if (released.stopped) return { text, stopped: true }
	}
	return { text: text + stopFilter.flush(), stopped: false }
}

test('ends before the first stop text, wherever the pieces are cut', () => {
	const text = 'one two END three STOP four'
	for (let first = 0; first <= text.length; first++)
		for (let second = first; second <= text.length; second++)
			expect(filter(['STOP', 'END'], [text.slice(0, first), text.slice(first, second), text.slice(second)])).toEqual({
				text: 'one two ',
				stopped: true,
			})
})

test('releases what only looked like one', () => {
	expect(filter(['aab'], [...'aaac aa'])).toEqual({ text: 'aaac aa', stopped: false })
	expect(filter([], ['x', 'y'])).toEqual({ text: 'xy', stopped: false })
})

test('holds back no more than it must', () => {
	const stopFilter = new StopFilter(['\n\nHuman:'])
	expect(stopFilter.push('Hello').text).toBe('Hello')
	expect(stopFilter.push(' you\n').text).toBe(' you')
	expect(stopFilter.heldLength).toBe(1)
	expect(stopFilter.push('x').text).toBe('\nx')
})
