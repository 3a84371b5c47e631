import { expect, test } from 'bun:test'
import { OutputSpeeds } from './output-speeds.ts'

test('the speed of a model is the median of its answers of the last hour', () => {
	let nowMs = 0
	const speeds = new OutputSpeeds(() => nowMs)
	expect(speeds.median('m')).toBeUndefined()
	for (const tokens of [11, 101, 31]) speeds.measured('m', tokens, 1000)
	expect([speeds.median('m'), speeds.median('other')]).toEqual([30, undefined])
	nowMs = 3_000_000
	speeds.measured('m', 51, 1000)
	expect(speeds.median('m')).toBe(40)
	nowMs = 3_700_000
	expect(speeds.median('m')).toBe(50)
	nowMs = 6_700_000
	expect(speeds.median('m')).toBeUndefined()
})

test('short answers do not count, and the newest of many do', () => {
	const speeds = new OutputSpeeds(() => 0)
	speeds.measured('m', 4, 1000)
	speeds.measured('m', 100, 49)
	expect(speeds.median('m')).toBeUndefined()
	for (let answer = 0; answer < 1000; answer++) speeds.measured('m', 11, 1000)
	for (let answer = 0; answer < 200; answer++) speeds.measured('m', 21, 1000)
	expect(speeds.median('m')).toBe(20)
})

test('models beyond the maximum are forgotten, those that were measured longest ago first', () => {
	const speeds = new OutputSpeeds(() => 0)
	for (let model = 0; model < 10_001; model++) {
		speeds.measured(`m${model}`, 11, 1000)
		if (model === 5000) speeds.measured('m0', 11, 1000)
	}
	expect([speeds.median('m0'), speeds.median('m1'), speeds.median('m2')]).toEqual([10, undefined, 10])
})
