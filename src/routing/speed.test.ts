import { expect, test } from 'bun:test'
import { HeldTime } from './routing.testing.ts'
import { Speed } from './speed.ts'

function open() {
	const time = new HeldTime()
	return { time, speed: new Speed(time.now) }
}

test('nothing known counts as fast, and the first measure counts whole', () => {
	const { speed } = open()
	expect(speed.firstTokenMs).toBe(0)
	speed.measured(400)
	expect(speed.firstTokenMs).toBe(400)
})

test('one odd measure among many recent ones moves it by less than a third', () => {
	const { speed } = open()
	for (let time = 0; time < 50; time++) speed.measured(100)
	speed.measured(1100)
	expect(speed.firstTokenMs).toBeCloseTo(400)
})

test('halves in half a minute', () => {
	const { speed, time } = open()
	speed.measured(400)
	time.ms = 30_000
	expect(speed.firstTokenMs).toBeCloseTo(200)
})

test('what was slow long ago has no weight once it is measured again', () => {
	const { speed, time } = open()
	speed.measured(2000)
	time.ms = 600_000
	speed.measured(100)
	expect(speed.firstTokenMs).toBeCloseTo(100, 1)
})
