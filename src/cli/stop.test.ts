// Which signal counts as the second one.

import { expect, test } from 'bun:test'
import { copiesMs, Stop } from './stop.ts'

/** A stop with its own clock, and the promises that it has resolved so far. */
function openStop() {
	const clock = { ms: 1000 }
	const stop = new Stop(() => clock.ms)
	const seen: string[] = []
	void stop.started.then(() => seen.push('begun'))
	void stop.forced.then(() => seen.push('forced'))
	const settled = async () => {
		await Promise.resolve()
		await Promise.resolve()
		return seen
	}
	return { stop, clock, settled }
}

test('nothing is resolved without a signal', async () => {
	const { settled } = openStop()
	expect(await settled()).toEqual([])
})

test('copies of the first signal do not force the shutdown', async () => {
	const { stop, clock, settled } = openStop()
	for (let copy = 0; copy < 10; copy++) {
		stop.signal()
		clock.ms += (copiesMs - 1) / 10
	}
	expect(await settled()).toEqual(['begun'])
})

test('a signal after the pause forces the shutdown', async () => {
	const { stop, clock, settled } = openStop()
	stop.signal()
	clock.ms += copiesMs
	expect(await settled()).toEqual(['begun'])
	stop.signal()
	expect(await settled()).toEqual(['begun', 'forced'])
})

test('the pause is counted from the first signal, not from its copies', async () => {
	const { stop, clock, settled } = openStop()
	stop.signal()
	clock.ms += copiesMs - 1
	stop.signal()
	clock.ms += 1
	stop.signal()
	expect(await settled()).toEqual(['begun', 'forced'])
})

test('a shutdown that began without a signal is forced only by a later signal', async () => {
	const { stop, clock, settled } = openStop()
	stop.begin()
	stop.signal()
	clock.ms += copiesMs * 2
	stop.begin()
	expect(await settled()).toEqual(['begun'])
	stop.signal()
	expect(await settled()).toEqual(['begun', 'forced'])
})
