// The number of threads depends on measurements.

import { expect, test } from 'bun:test'
import { ThreadChoice } from './thread-choice.ts'

function play(choice: ThreadChoice, steps: number, msOf: (threads: number) => number): number[] {
	return Array.from({ length: steps }, () => {
		const threads = choice.choose(64)
		choice.took(64, threads, msOf(threads))
		return threads
	})
}

test('reads with all cores, decodes with one fewer', () => {
	const choice = new ThreadChoice(8)
	expect(choice.choose(64)).toBe(8)
	expect(choice.choose(1)).toBe(7)
	expect(new ThreadChoice(1).choose(1)).toBe(1)
})

test('uses one core fewer while that is faster, and returns to all cores afterwards', () => {
	const choice = new ThreadChoice(2)
	const idle = play(choice, 100, (threads) => 64 / threads)
	expect(idle.filter((threads) => threads === 2).length).toBeGreaterThan(90)
	const busy = play(choice, 100, (threads) => (threads === 2 ? 900 : 64))
	expect(busy.filter((threads) => threads === 1).length).toBeGreaterThan(85)
	const idleAgain = play(choice, 1500, (threads) => 64 / threads)
	expect(idleAgain.slice(-100).filter((threads) => threads === 2).length).toBeGreaterThan(90)
})

test('is not affected by a single pause of the machine', () => {
	const choice = new ThreadChoice(2)
	play(choice, 50, (threads) => 64 / threads)
	play(choice, 1, () => 5000)
	expect(play(choice, 10, (threads) => 64 / threads).filter((threads) => threads === 2).length).toBeGreaterThan(8)
})

test('measures prompts and answers separately', () => {
	const choice = new ThreadChoice(2)
	for (let step = 0; step < 64; step++) {
		const forPrompt = choice.choose(64)
		choice.took(64, forPrompt, 64 / forPrompt)
		const forAnswers = choice.choose(4)
		choice.took(4, forAnswers, forAnswers === 2 ? 400 : 40)
	}
	expect(choice.choose(64)).toBe(2)
	expect(choice.choose(4)).toBe(1)
})
