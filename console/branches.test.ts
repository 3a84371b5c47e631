// Branches on the page, the keys, and a conversation of 2,000 messages.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { type OpenPage, TestPages, words } from './page.testing.ts'

let pages: TestPages
beforeAll(async () => {
	pages = await TestPages.open()
}, 60_000)
afterAll(() => pages[Symbol.asyncDispose]())

/** Position of the first switcher between branches in the window. */
const switcherTop = (page: Page) =>
	page
		.locator('.siblings')
		.first()
		.evaluate((element) => element.getBoundingClientRect().top)

test('the switcher stays where it is, keeps the focus, and lists the branches', async () => {
	const opened = await pages.openPage({ viewport: { width: 1000, height: 500 } })
	const { page } = opened
	await opened.ask(words('before', 300))
	await opened.ask('Second')
	await page.locator('.answer').nth(1).getByRole('button', { name: 'Regenerate' }).click()
	await page.getByText('2 of 2').waitFor()
	await opened.answered()
	await opened.ask(words('after', 400))
	await opened.ask('The end')
	const group = page.getByRole('group', { name: /^Branch \d of 2$/ })
	await group.getByRole('button', { name: 'Previous branch' }).focus()
	const before = await switcherTop(page)
	// The position is corrected in the next frame.
	const expectSwitcherAt = (top: number) =>
		page.waitForFunction((wanted) => {
			const switcher = document.querySelector('.siblings')
			return switcher !== null && Math.abs(switcher.getBoundingClientRect().top - wanted) < 1
		}, top)
	await page.keyboard.press('Enter')
	await page.getByRole('group', { name: 'Branch 1 of 2' }).waitFor()
	// The branch is short: there is less text below.
	await expectSwitcherAt(before)
	await page.waitForFunction(() => document.activeElement?.ariaLabel === 'Previous branch')
	await page.keyboard.press('Alt+ArrowRight')
	await page.getByRole('group', { name: 'Branch 2 of 2' }).waitFor()
	await expectSwitcherAt(before)
	await page.getByRole('button', { name: 'List the branches' }).click()
	const items = page.getByRole('menuitemradio')
	await items.nth(1).waitFor()
	expect(await items.count()).toBe(2)
	expect(await items.nth(1).textContent()).toContain('2 turns follow')
	expect(await items.nth(1).getAttribute('aria-checked')).toBe('true')
	await items.nth(0).click()
	await page.getByRole('group', { name: 'Branch 1 of 2' }).waitFor()
	// The address opens the branch, also on another device.
	const address = page.url()
	expect(address).toMatch(/#msg_[\w-]+$/)
	const other = await pages.openPage()
	await other.page.goto(address)
	await other.page.getByRole('group', { name: 'Branch 1 of 2' }).waitFor()
	expect((await other.answers()).length).toBe(2)
	await page.keyboard.press('Control+Shift+KeyB')
	const tree = page.getByRole('tree')
	await tree.waitFor()
	expect(await tree.getByRole('treeitem').count()).toBe(5)
	expect(await tree.locator('[aria-current=true]').count()).toBe(2)
	await page.keyboard.press('End')
	await page.keyboard.press('Enter')
	await page.getByRole('group', { name: 'Branch 2 of 2' }).waitFor()
	expect((await opened.answers()).at(-1)).toBe('The end')
	await page.keyboard.press('Escape')
	await tree.waitFor({ state: 'hidden' })
	// What arrives comes from its side, and the switcher does not move; without motion, nothing does.
	const moving = (selector: string) =>
		page
			.locator(selector)
			.first()
			.evaluate((element) => element.getAnimations().length)
	await page.locator('.answer').nth(1).getByRole('button', { name: 'Previous branch' }).click()
	await page.getByRole('group', { name: 'Branch 1 of 2' }).waitFor()
	expect(await moving('.answer:has(.siblings) .markdown')).toBe(0)
	await page.emulateMedia({ reducedMotion: 'no-preference' })
	await page.evaluate(() => {
		document.documentElement.style.setProperty('--medium', '60s')
		const { animate } = Element.prototype
		const moved: string[] = []
		Object.assign(globalThis, { moved })
		Element.prototype.animate = function (...parameters) {
			moved.push(this.className)
			return animate.apply(this, parameters)
		}
	})
	await page.locator('.answer').nth(1).getByRole('button', { name: 'Next branch' }).click()
	await page.waitForFunction("moved.join() === 'markdown'")
	await page.keyboard.press('Control+Period')
	expect([await moving('.panel'), await moving('.siblings')]).toEqual([1, 0])
	// A conversation that takes long to arrive has the shape of lines meanwhile.
	const held = Promise.withResolvers<void>()
	await page.route('**/export', async (route) => {
		await held.promise
		await route.continue()
	})
	await page.reload()
	await page.locator('.skeleton').waitFor()
	held.resolve()
	await page.locator('.answer').nth(1).waitFor()
	expect(await page.locator('.skeleton').count()).toBe(0)
	expect([...opened.errors, ...other.errors]).toEqual([])
}, 60_000)

test('a stopped answer continues without a gap, also after a reload', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	await opened.send(`echo:delay 20 ${words('word', 300)}`)
	await page.locator('.answer .markdown', { hasText: 'word word' }).waitFor()
	await page.keyboard.press('Escape')
	await page.locator('.end-note', { hasText: 'Stopped' }).waitFor()
	await page.locator('.answer').first().focus()
	await page.evaluate(() => (document.activeElement as HTMLElement).blur())
	await page.keyboard.press('.')
	await page.locator('.end-note').waitFor({ state: 'hidden' })
	await opened.answered()
	expect(await opened.answers()).toEqual([words('word', 300)])
	expect(await page.locator('.question').count()).toBe(1)
	await page.reload()
	await page.locator('.answer .markdown').waitFor()
	expect(await opened.answers()).toEqual([words('word', 300)])
	await opened.ask('Next')
	expect((await opened.answers()).length).toBe(2)
}, 60_000)

test('keys act outside text fields, and their list can turn them off', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	await opened.ask('echo:reasoning Because.\nFirst')
	await opened.ask('Second')
	const label = () => page.evaluate('document.activeElement.ariaLabel')
	const leaveEditor = async () => {
		await page.keyboard.press('Escape')
		await page.waitForFunction(() => document.activeElement?.closest('.question') != null)
		await page.locator('.edit-question').waitFor({ state: 'detached' })
	}
	await page.keyboard.type('jkr?')
	expect(await page.inputValue('#message')).toBe('jkr?')
	await page.fill('#message', '')
	await page.keyboard.press('ArrowUp')
	await page.locator('.edit-question textarea:focus').waitFor()
	expect(await page.inputValue('.edit-question textarea')).toBe('Second')
	await leaveEditor()
	await page.locator('.talk').focus()
	await page.keyboard.press('j')
	await page.keyboard.press('k')
	await page.keyboard.press('k')
	await page.keyboard.press('k')
	expect(await label()).toBe('Question 1')
	await page.keyboard.press('t')
	await page.getByText('Because.', { exact: true }).waitFor()
	await page.keyboard.press('j')
	expect(await label()).toBe('Answer 1 of echo')
	await page.keyboard.press('e')
	await page.locator('.edit-question textarea:focus').waitFor()
	await leaveEditor()
	await page.locator('.talk').focus()
	await page.keyboard.press('/')
	expect(await page.evaluate('document.activeElement.id')).toBe('message')
	await page.locator('.talk').focus()
	await page.keyboard.press('?')
	const dialog = page.getByRole('dialog', { name: 'Keyboard' })
	await dialog.getByRole('link', { name: 'Change this in the settings' }).click()
	await page.getByLabel('Single keys').uncheck()
	await page.goBack()
	await page.locator('.talk .answer').first().waitFor()
	await page.locator('.talk').focus()
	await page.keyboard.press('?')
	await page.keyboard.press('r')
	expect(await page.getByRole('dialog').count()).toBe(0)
	expect(opened.bodies.length).toBe(2)
	expect(opened.errors).toEqual([])
}, 60_000)

/** A conversation of 1,000 questions and answers of different lengths; its address. */
async function seedLongConversation(): Promise<string> {
	const { server } = pages
	const { id } = await (await server.call('/openai/v1/conversations', {})).json()
	const message = (index: number) => ({
		type: 'message',
		role: index % 2 === 0 ? 'user' : 'assistant',
		content: [
			index % 2 === 0
				? { type: 'input_text', text: `Question ${index / 2 + 1}` }
				: { type: 'output_text', text: `**Answer** ${(index + 1) / 2}\n\n${words('text', (index * 37) % 400)}` },
		],
	})
	for (let begin = 0; begin < 2000; begin += 20) {
		const items = Array.from({ length: 20 }, (_, offset) => message(begin + offset))
		const response = await server.call(`/openai/v1/conversations/${id}/items`, { items })
		if (!response.ok) throw new Error(await response.text())
	}
	return `${server.url}/c/${id}`
}

/** The main thread's time so far in seconds, without that of other processes. */
async function clockOf({ page }: OpenPage): Promise<() => Promise<number>> {
	const session = await page.context().newCDPSession(page)
	await session.send('Performance.enable', { timeDomain: 'threadTicks' })
	return async () => {
		const { metrics } = await session.send('Performance.getMetrics')
		return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN
	}
}

test('a conversation of 2,000 messages opens quickly and scrolls without jumps', async () => {
	const address = await seedLongConversation()
	const opened = await pages.openPage()
	const { page } = opened
	await opened.ask('A short conversation')
	const clock = await clockOf(opened)
	const before = await clock()
	await page.evaluate((to) => {
		const link = document.querySelector<HTMLAnchorElement>('.sidebar .new-chat')
		if (link !== null) {
			link.href = to
			link.click()
		}
	}, address)
	await page.getByText('Answer 1000').waitFor()
	const seconds = (await clock()) - before
	expect(seconds).toBeLessThan(0.3)
	expect(await page.evaluate(() => document.querySelectorAll('*').length)).toBeLessThan(3000)
	// Upwards in steps: what is in view moves by what was scrolled, however the heights were estimated.
	const jumps = await page.evaluate(async () => {
		const view = document.querySelector<HTMLElement>('.talk')
		if (view === null) return [Number.NaN]
		const frame = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
		const found: number[] = []
		for (let step = 0; step < 60; step++) {
			const box = view.getBoundingClientRect()
			const row = [...view.querySelectorAll<HTMLElement>('[data-row]')].find(
				(element) => element.getBoundingClientRect().bottom > box.top,
			)
			const top = row?.getBoundingClientRect().top ?? Number.NaN
			view.scrollTop -= 300
			await frame()
			if (row?.isConnected === true) found.push(Math.abs(row.getBoundingClientRect().top - top - 300))
		}
		return found
	})
	expect(jumps.length).toBeGreaterThan(30)
	expect(Math.max(...jumps)).toBeLessThan(2)
	expect(await page.evaluate(() => document.querySelectorAll('*').length)).toBeLessThan(3000)
	const session = await page.context().newCDPSession(page)
	await session.send('HeapProfiler.collectGarbage')
	expect((await session.send('Runtime.getHeapUsage')).usedSize).toBeLessThan(80e6)
	await page.locator('.talk').evaluate((view) => view.scrollTo({ top: 0 }))
	await page.getByRole('article', { name: 'Question 1', exact: true }).waitFor()
	await page.getByRole('button', { name: 'Jump to the end' }).click()
	await page.getByText('Answer 1000').waitFor()
	// It is too long for the model, until its oldest turns are left out.
	await opened.ask('And now?')
	await page.getByRole('button', { name: 'Leave out the oldest turns' }).click()
	await page.locator('.answer .markdown', { hasText: 'And now?' }).waitFor()
	await opened.answered()
	await opened.ask('And then?')
	expect((await opened.answers()).slice(-2)).toEqual(['And now?', 'And then?'])
	expect(opened.errors).toEqual([])
}, 120_000)
