// What a reader sees: the end of every answer, a stable position, no horizontal scrolling on a phone, and no stutter.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { longName, TestPages } from './page.testing.ts'

let pages: TestPages
beforeAll(async () => {
	pages = await TestPages.open()
}, 60_000)
afterAll(() => pages[Symbol.asyncDispose]())

const phone = { width: 390, height: 844 }

/** Waits until the page has rendered pending changes. */
const drawn = (page: Page) =>
	page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')

async function chooseModel(page: Page, name: string): Promise<void> {
	await page.locator('.model-button').click()
	await page.getByRole('menuitemradio').filter({ hasText: name }).click()
}

/** The last text of the conversation is between the top of the window and the composer. */
async function expectEndVisible(page: Page): Promise<void> {
	await drawn(page)
	const { top, bottom, composerTop, composerBottom, windowHeight } = await page.evaluate(() => {
		const talk = document.querySelector('.talk') ?? document.body
		const texts = document.createTreeWalker(talk, NodeFilter.SHOW_TEXT)
		const range = document.createRange()
		let line: DOMRect | undefined
		while (texts.nextNode()) {
			range.selectNodeContents(texts.currentNode)
			if (texts.currentNode.textContent?.trim() !== '') line = [...range.getClientRects()].at(-1) ?? line
		}
		const composer = document.querySelector('.composer')?.getBoundingClientRect()
		return {
			top: line?.top ?? Number.NaN,
			bottom: line?.bottom ?? Number.NaN,
			composerTop: composer?.top ?? Number.NaN,
			composerBottom: composer?.bottom ?? Number.NaN,
			windowHeight: window.innerHeight,
		}
	})
	expect(top).toBeGreaterThanOrEqual(0)
	expect(bottom).toBeLessThanOrEqual(composerTop)
	expect(composerBottom).toBeLessThanOrEqual(windowHeight)
}

describe('the end of every answer is visible', () => {
	for (const viewport of [{ width: 1280, height: 800 }, phone, { width: 844, height: 390 }]) {
		test(`at ${viewport.width} by ${viewport.height}`, async () => {
			const opened = await pages.openPage({ viewport })
			const { page } = opened
			await opened.ask('echo:repeat 700 word')
			await expectEndVisible(page)
			await page.fill('#message', 'line\n'.repeat(30))
			await expectEndVisible(page)
			await opened.send('echo:delay 20 echo:repeat 200 more')
			await page.locator('.answer', { hasText: 'more' }).waitFor()
			await expectEndVisible(page)
			await opened.answered()
			await chooseModel(page, 'dead')
			await opened.ask('Is anybody there?')
			await page.getByRole('alert').waitFor()
			await expectEndVisible(page)
		}, 60_000)
	}
})

test('the position is stable after scrolling up, until the next question', async () => {
	const opened = await pages.openPage({ viewport: phone })
	const { page } = opened
	await opened.ask('echo:repeat 700 word')
	// Longer than the test takes.
	await opened.send('echo:delay 5 echo:repeat 50000 more')
	await page.locator('.answer', { hasText: 'more more' }).waitFor()
	await page.mouse.move(200, 400)
	await page.mouse.wheel(0, -40)
	await page.mouse.wheel(0, -600)
	const top = () => page.evaluate(() => document.querySelector('.question')?.getBoundingClientRect().top ?? Number.NaN)
	const settled = async () => {
		let [before, now] = [Number.NaN, await top()]
		for (let tries = 0; before !== now && tries < 50; tries++) {
			await page.waitForTimeout(100)
			;[before, now] = [now, await top()]
		}
		return now
	}
	const position = await settled()
	const length = async () => (await page.locator('.answer').last().textContent())?.length ?? 0
	const grownBy = async (characters: number) =>
		page.waitForFunction(
			(least) => ([...document.querySelectorAll('.answer')].pop()?.textContent?.length ?? 0) > least,
			(await length()) + characters,
		)
	await grownBy(200)
	await drawn(page)
	expect(await top()).toBe(position)
	// Back at the end, the text is followed again.
	await page.getByRole('button', { name: 'New text below' }).click()
	await grownBy(400)
	await expectEndVisible(page)
	await page.getByRole('button', { name: 'Stop' }).click()
	await opened.answered()
	await page.mouse.move(200, 400)
	await page.mouse.wheel(0, -2000)
	await page.getByRole('button', { name: 'Jump to the end' }).waitFor()
	await opened.ask('And now?')
	await expectEndVisible(page)
}, 60_000)

test('nothing is wider than a phone', async () => {
	const opened = await pages.openPage({ viewport: phone })
	const { page } = opened
	await chooseModel(page, longName)
	await opened.ask(`https://example.org/${'x'.repeat(300)}`)
	await opened.ask(`echo:reasoning ${'t'.repeat(300)}\necho:refuse ${'r'.repeat(300)}`)
	await opened.ask(`echo:tool ${'n'.repeat(60)}`)
	await opened.ask(`echo:say | ${'a | '.repeat(40)}\n|${'---|'.repeat(41)}\n\n\`\`\`\n${'c'.repeat(400)}\n\`\`\``)
	for (const details of await page.locator('summary').all()) await details.click()
	const widest = await page.evaluate(() =>
		Math.max(document.documentElement.scrollWidth, document.querySelector('.talk')?.scrollWidth ?? 0),
	)
	expect(widest).toBeLessThanOrEqual(phone.width)
	await opened.newChat()
	await chooseModel(page, 'brief')
	await opened.ask('A conversation with a title that is longer than the bar')
	await page.fill('#message', 'word '.repeat(60))
	await page.getByText('no longer fits brief (').waitFor()
	for (const [width, scale] of windows) {
		await page.setViewportSize({ width, height: 844 })
		await page.evaluate((factor) => document.documentElement.style.setProperty('zoom', `${factor}`), scale)
		await drawn(page)
		expect(`${width} at ${scale}: ${await crowded(page)}`).toBe(`${width} at ${scale}: `)
	}
	// A reader's own spacing, as in WCAG 1.4.12.
	await page.evaluate(() => {
		document.documentElement.style.setProperty('zoom', '1')
		const spacing = 'line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important'
		document.styleSheets[0]?.insertRule(`* { ${spacing} }`)
	})
	for (const width of [320, 820, 1440]) {
		await page.setViewportSize({ width, height: 844 })
		await drawn(page)
		expect(`${width}: ${await crowded(page)}`).toBe(`${width}: `)
		expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
	}
}, 60_000)

/** Widths in pixels, and how much larger the text is. */
const windows = [
	[320, 1],
	[390, 1],
	[390, 2],
	[820, 1],
	[820, 2],
	[1440, 1],
	[1440, 2],
] as const

/** The controls of the top bar and the composer that are outside the window, overlap, or are too small. */
const crowded = (page: Page) =>
	page.evaluate(() => {
		const controls = [...document.querySelectorAll('.top-bar button, .composer > .row > *')]
			.map((element) => ({
				name: element.getAttribute('aria-label') ?? element.className,
				box: element.getBoundingClientRect(),
			}))
			.filter(({ box }) => box.width > 1 && box.height > 1)
		const faults = controls.flatMap(({ name, box }, index) => [
			...(box.left < 0 || box.right > innerWidth + 1 ? [`${name} is outside`] : []),
			...(box.width < 24 && name !== 'space' ? [`${name} is ${box.width} wide`] : []),
			...controls
				.slice(index + 1)
				.filter((other) => box.left < other.box.right - 1 && other.box.left < box.right - 1)
				.filter((other) => box.top < other.box.bottom - 1 && other.box.top < box.bottom - 1)
				.map((other) => `${name} is over ${other.name}`),
		])
		return faults.join(', ')
	})

test('20,000 tokens cost the page at most 2 s', async () => {
	const opened = await pages.openPage({ viewport: phone })
	const { page } = opened
	const session = await page.context().newCDPSession(page)
	// Processor time, so that other load on this machine is not counted.
	await session.send('Performance.enable', { timeDomain: 'threadTicks' })
	const busy = async () => {
		const { metrics } = await session.send('Performance.getMetrics')
		return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN
	}
	const before = await busy()
	await opened.ask('echo:repeat 20000 word')
	// A long block is read in portions: the rest follows the end of the answer.
	await page.waitForFunction(() => document.querySelector('.answer')?.textContent?.match(/word/g)?.length === 20_000)
	await drawn(page)
	const seconds = (await busy()) - before
	expect(seconds).toBeGreaterThan(0)
	expect(seconds).toBeLessThan(2)
}, 120_000)
