// What a reader sees: the end of every answer, a stable scroll position, no horizontal scrolling on a phone, and no
// stutter.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { drawn, longName, TestBrowser } from './test-browser.ts'

let browser: TestBrowser
beforeAll(async () => {
	browser = await TestBrowser.open()
}, 60_000)
afterAll(() => browser.close())

const phone = { width: 390, height: 844 }

/** The box of the last text in the conversation, and the top of the form. */
async function endOfText(page: Page) {
	await drawn(page)
	return page.evaluate(() => {
		const texts = document.createTreeWalker(document.getElementById('turns'), NodeFilter.SHOW_TEXT)
		let last = null
		while (texts.nextNode()) if (texts.currentNode.textContent.trim() !== '') last = texts.currentNode
		const range = document.createRange()
		range.selectNodeContents(last)
		const lines = [...range.getClientRects()]
		const { top, bottom } = lines[lines.length - 1]
		const form = document.getElementById('ask').getBoundingClientRect()
		return { top, bottom, formTop: form.top, formBottom: form.bottom, windowHeight: window.innerHeight }
	})
}

async function expectEndVisible(page: Page) {
	const { top, bottom, formTop, formBottom, windowHeight } = await endOfText(page)
	expect(top).toBeGreaterThanOrEqual(0)
	expect(bottom).toBeLessThanOrEqual(formTop)
	expect(formBottom).toBeLessThanOrEqual(windowHeight)
}

describe('the end of every answer is visible', () => {
	for (const viewport of [
		{ width: 1280, height: 800 },
		phone,
		{ width: 844, height: 390 },
		{ width: 500, height: 220 },
	]) {
		test(`at ${viewport.width} by ${viewport.height}`, async () => {
			const { page, ask, send } = await browser.openPage({ viewport })
			await ask('echo:repeat 700 word')
			await expectEndVisible(page)
			await page.fill('#text', 'line\n'.repeat(30))
			await expectEndVisible(page)
			await send('echo:delay 2 echo:repeat 200 more')
			await page.locator('.assistant', { hasText: 'more' }).waitFor()
			await expectEndVisible(page)
			await page.locator('#send').waitFor()
			await page.selectOption('#model', 'dead')
			await ask('Is anybody there?')
			await page.locator('.wrong').waitFor()
			await expectEndVisible(page)
			await page.setViewportSize({ width: 360, height: 260 })
			await expectEndVisible(page)
		}, 60_000)
	}
})

test('the position is stable after scrolling up, until the next question', async () => {
	const { page, ask, send } = await browser.openPage({ viewport: phone })
	await ask('echo:repeat 700 word')
	// Longer than the test takes.
	await send('echo:delay 5 echo:repeat 50000 more')
	await page.locator('.assistant', { hasText: 'more more' }).waitFor()
	await page.mouse.move(200, 400)
	await page.mouse.wheel(0, -40)
	await page.mouse.wheel(0, -600)
	const place = () => page.evaluate(() => document.querySelector('.user').getBoundingClientRect().top)
	// The wheel's own movement comes to rest.
	let [before, now] = [Number.NaN, await place()]
	for (let tries = 0; before !== now && tries < 50; tries++) {
		await page.waitForTimeout(100)
		;[before, now] = [now, await place()]
	}
	const length = async () => (await page.locator('.assistant').last().textContent())?.length ?? 0
	const soFar = await length()
	await page.waitForFunction(
		(least) => [...document.querySelectorAll('.assistant')].pop().textContent.length > least,
		soFar + 200,
	)
	await drawn(page)
	expect(await place()).toBe(now)
	// Back at the end, the text is followed again.
	await page.mouse.wheel(0, 100_000)
	const atEnd = await length()
	await page.waitForFunction(
		(least) => [...document.querySelectorAll('.assistant')].pop().textContent.length > least,
		atEnd + 400,
	)
	await expectEndVisible(page)
	await page.click('#stop')
	await page.mouse.move(200, 400)
	await page.mouse.wheel(0, -2000)
	await ask('And now?')
	await expectEndVisible(page)
}, 60_000)

test('thinking expands downwards, and Page Up and Page Down scroll from the text box', async () => {
	const { page, ask } = await browser.openPage({ viewport: phone })
	await ask(`echo:reasoning ${'thought '.repeat(600)}\necho:say Done.`)
	const top = () => page.evaluate(() => document.querySelector('summary').getBoundingClientRect().top)
	const folded = await top()
	await page.click('summary')
	await page.locator('.thinking .text').waitFor()
	await drawn(page)
	expect(await top()).toBe(folded)
	await page.focus('#text')
	await page.keyboard.press('PageDown')
	await drawn(page)
	expect(await top()).toBeLessThan(folded - 200)
	await page.keyboard.press('PageUp')
	await drawn(page)
	expect(await top()).toBe(folded)
}, 60_000)

test('nothing is wider than a phone', async () => {
	const { page, ask } = await browser.openPage({ viewport: phone })
	await page.selectOption('#model', longName)
	await ask(`https://example.org/${'x'.repeat(300)}`)
	await ask(`echo:reasoning ${'t'.repeat(300)}\necho:refuse ${'r'.repeat(300)}`)
	await ask(`echo:tool ${'n'.repeat(60)}`)
	for (const details of await page.locator('summary').all()) await details.click()
	await page.locator('#send').waitFor()
	const widest = await page.evaluate(() =>
		Math.max(
			document.documentElement.scrollWidth,
			...[...document.querySelectorAll('body, body *')].map((element) =>
				Math.max(element.getBoundingClientRect().right, element.localName === 'div' ? element.scrollWidth : 0),
			),
		),
	)
	expect(widest).toBeLessThanOrEqual(phone.width)
}, 60_000)

test('20,000 tokens cost the page at most 2 s', async () => {
	const { page, ask } = await browser.openPage({ viewport: phone })
	const session = await page.context().newCDPSession(page)
	// Processor time, so that other load on this machine is not counted.
	await session.send('Performance.enable', { timeDomain: 'threadTicks' })
	const busy = async () => {
		const { metrics } = await session.send('Performance.getMetrics')
		return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN
	}
	const before = await busy()
	await ask('echo:repeat 20000 word')
	await drawn(page)
	const seconds = (await busy()) - before
	expect((await page.locator('.assistant').textContent())?.match(/word/g)?.length).toBe(20_000)
	expect(seconds).toBeGreaterThan(0)
	expect(seconds).toBeLessThan(2)
}, 120_000)
