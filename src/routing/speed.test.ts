import { expect, test } from 'bun:test'
import { FakeClock } from './routing.testing.ts'
import { Speed } from './speed.ts'

function open() {
	const time = new FakeClock()
	return { time, speed: new Speed(time.now) }
}

test('no measurement counts as fast, and the first measurement counts fully', () => {
	const { speed } = open()
	expect(speed.firstTokenMs).toBe(0)
	speed.measured(400)
	expect(speed.firstTokenMs).toBe(400)
})

test('one outlier among many recent measurements changes the average by less than a third', () => {
	const { speed } = open()
	for (let time = 0; time < 50; time++) speed.measured(100)
	speed.measured(1100)
	expect(speed.firstTokenMs).toBeCloseTo(400)
})

test('the average halves in half a minute', () => {
	const { speed, time } = open()
	speed.measured(400)
	time.ms = 30_000
	expect(speed.firstTokenMs).toBeCloseTo(200)
})

test('an old slow measurement has no weight after a new one', () => {
	const { speed, time } = open()
	speed.measured(2000)
	time.ms = 600_000
	speed.measured(100)
	expect(speed.firstTokenMs).toBeCloseTo(100, 1)
})
