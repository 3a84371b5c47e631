import { expect, test } from 'bun:test'
import { RowWindow } from './row-window.ts'

const rows = (count: number) => Array.from({ length: count }, (_, index) => ({ key: `${index}`, characters: 0 }))

test('a short conversation is in the document as a whole', () => {
	expect(new RowWindow(rows(30)).around(0, 100)).toEqual({ from: 0, to: 30, before: 0, after: 0 })
})

test('of a long one, the rows around the view, whose heights add up with those of the spacers', () => {
	const rowWindow = new RowWindow(rows(1000))
	for (let index = 0; index < 1000; index += 3) rowWindow.measure(`${index}`, 400)
	const total = rowWindow.around(0, 500).after + heightOf(rowWindow.around(0, 500))
	for (const top of [0, 12_345, 100_000, total - 500, total + 5000]) {
		const range = rowWindow.around(top, 500)
		expect(range.before).toBeLessThanOrEqual(Math.max(0, top - 500))
		expect(range.to).toBeGreaterThan(range.from)
		expect(range.before + heightOf(range) + range.after).toBe(total)
		if (top + 1000 < total) expect(total - range.after).toBeGreaterThan(top + 1000)
	}
	expect(rowWindow.atEnd(500).to).toBe(1000)
	// The next window has the heights that this one measured.
	expect(new RowWindow(rows(1001), rowWindow).around(0, 500).before).toBe(0)
})

function heightOf({ from, to }: { readonly from: number; readonly to: number }): number {
	let pixels = 0
	for (let index = from; index < to; index++) pixels += index % 3 === 0 ? 400 : 150
	return pixels
}
