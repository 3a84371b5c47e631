// A conversation on the page: questions and answers, their branches, and the same state after a reload.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { signedIn, TestPages } from './page.testing.ts'

let pages: TestPages
beforeAll(async () => {
	pages = await TestPages.open()
}, 60_000)
afterAll(() => pages[Symbol.asyncDispose]())

test.concurrent('chats, and the model sees the conversation', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	await opened.ask('Hello **there**')
	await opened.ask('Second')
	expect(await opened.answers()).toEqual(['Hello there', 'Second'])
	expect(opened.path).toStartWith('/c/conv_')
	expect(await page.title()).toBe('Hello **there** · Dragoman')
	expect(await page.locator('.sidebar .conversation.current').textContent()).toContain('Hello **there**')
	expect(opened.errors).toEqual([])
}, 60_000)

test.concurrent('shows the conversation after a reload, and continues it', async () => {
	const opened = await pages.openPage()
	await opened.ask('First')
	// A server that is busy for a moment has the conversation nevertheless.
	await opened.page.route('**/export', (route) => route.fulfill({ status: 503, json: {} }), { times: 1 })
	await opened.page.reload()
	await opened.page.locator('.answer .markdown', { hasText: 'First' }).waitFor()
	await opened.ask('Second')
	expect(await opened.answers()).toEqual(['First', 'Second'])
	expect(opened.errors).toEqual([])
}, 60_000)

test('what is known about an answer is below it, also after a reload', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	await page.locator('.model-button').click()
	await page.getByRole('menuitemradio').filter({ hasText: 'priced' }).click()
	await opened.ask('echo:delay 50 echo:repeat 20 word')
	const facts = async () => (await page.locator('.answer .facts > span').allInnerTexts()).map((fact) => fact.trim())
	const known = [/^20 tokens$/, /^first in \d+(\.\d+)? s$/, /^\d+ tok\/s$/, /^€0\.0\d+$/]
	const expectKnown = async () => {
		const shown = await facts()
		expect(shown.length).toBe(known.length)
		for (const [index, fact] of shown.entries()) expect(fact).toMatch(known[index] ?? /^$/)
		return shown
	}
	const before = await expectKnown()
	await page.reload()
	await page.locator('.answer .facts').waitFor()
	const after = await expectKnown()
	expect([after[0], after[3]]).toEqual([before[0] ?? '', before[3] ?? ''])
	expect(await page.locator('.answer .facts > span').first().getAttribute('title')).toBe('Estimated here')
	expect(await page.locator('.answer .facts > span').nth(1).getAttribute('title')).toBe('Measured by the server')
}, 60_000)

test.concurrent('other answers and edited questions are branches, the first question included', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	await opened.ask('First')
	await opened.ask('Second')
	await page.locator('.answer').nth(1).getByRole('button', { name: 'Regenerate' }).click()
	await page.getByText('2 of 2').waitFor()
	await opened.answered()
	await page.locator('.question').first().getByRole('button', { name: 'Edit' }).click()
	await page.locator('.edit-question textarea').fill('Another first')
	await page.locator('.edit-question [type=submit]').click()
	await page.locator('.answer .markdown', { hasText: 'Another first' }).waitFor()
	await opened.answered()
	expect(await opened.answers()).toEqual(['Another first'])
	await page.getByRole('button', { name: 'Previous branch' }).click()
	expect(await opened.answers()).toEqual(['First', 'Second'])
	await page.reload()
	await page.locator('.answer .markdown', { hasText: 'Second' }).waitFor()
	expect(await page.locator('.siblings').allInnerTexts()).toEqual(['1 of 2', '2 of 2'])
	expect(opened.errors).toEqual([])
}, 60_000)

test.concurrent('an answer in progress never appears in a new chat, and is complete when its conversation is opened again', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	await opened.send('echo:delay 100 SECRET one two three four five')
	await page.locator('.answer', { hasText: 'SECRET' }).waitFor()
	const { path } = opened
	await opened.newChat()
	await opened.ask('A new question')
	expect(await opened.answers()).toEqual(['A new question'])
	expect(await page.locator('.talk', { hasText: 'SECRET' }).count()).toBe(0)
	await page.locator(`.sidebar a[href$="${path}"]`).click()
	await page.locator('.answer', { hasText: 'four five' }).waitFor()
	expect(opened.errors).toEqual([])
}, 60_000)

for (const context of ['a secure context', 'another one, without locks'])
	test.concurrent(`a question that is being sent never appears in another new chat: ${context}`, async () => {
		const opened = await pages.openPage()
		const { page } = opened
		if (context !== 'a secure context') {
			await page.addInitScript("Object.defineProperty(navigator, 'locks', { value: undefined })")
			await page.goto(pages.server.url)
			await signedIn(page)
		}
		const held = Promise.withResolvers<void>()
		await page.route('**/v1/responses', async (route) => {
			await held.promise
			await route.continue()
		})
		const secret = `SECRET ${context}`
		await opened.send(secret)
		await page.locator('.question', { hasText: 'SECRET' }).waitFor()
		await opened.newChat()
		await page.fill('#message', 'A draft')
		held.resolve()
		await page.locator('.sidebar', { hasText: secret }).waitFor()
		await page.reload()
		await signedIn(page)
		expect(await page.inputValue('#message')).toBe('A draft')
		await opened.ask('A new question')
		for (let look = 0; look < 10; look++) {
			expect(await opened.answers()).toEqual(['A new question'])
			await page.waitForTimeout(80)
		}
		expect((await opened.stored()).turns.length).toBe(1)
		expect(opened.bodies.length).toBe(2)
	}, 60_000)

test.concurrent('a reload of an address that the browser has not taken over yet', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	await opened.ask('Hello')
	const { path } = opened
	await page.evaluate(() => history.replaceState(null, '', '/'))
	await page.reload()
	await page.locator('.answer .markdown', { hasText: 'Hello' }).waitFor()
	expect(opened.path).toBe(path)
	await opened.newChat()
	await page.reload()
	await page.locator('.greeting').waitFor()
	expect(opened.path).toBe('/')
}, 60_000)

test.concurrent('resumes an answer in progress after a reload', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	await opened.send('echo:delay 50 echo:repeat 40 word')
	await page.locator('.answer .markdown', { hasText: 'word word' }).waitFor()
	await page.reload()
	await page.locator('.answer .markdown', { hasText: 'word' }).waitFor()
	await opened.answered()
	expect(await opened.answers()).toEqual([Array(40).fill('word').join(' ')])
	expect(opened.bodies.length).toBe(1)
	expect(opened.errors).toEqual([])
}, 60_000)

test.concurrent('stops on the server, and what arrived remains', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	await opened.send('echo:delay 50 echo:repeat 1000 word')
	await page.locator('.answer .markdown', { hasText: 'word word' }).waitFor()
	await page.getByRole('button', { name: 'Stop' }).click()
	await page.locator('.end-note', { hasText: 'Stopped' }).waitFor()
	expect(await page.evaluate('document.activeElement.id')).toBe('message')
	await page.reload()
	await page.locator('.end-note', { hasText: 'Stopped' }).waitFor()
	expect((await opened.answers())[0]).toContain('word word')
}, 60_000)

test.concurrent('says what happened if there is no answer, or only a part of one', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	const last = () => page.locator('.answer').last().textContent()
	await opened.ask('echo:refuse I cannot help.')
	expect(await last()).toContain('The model declined to answer. “I cannot help.”')
	await opened.ask('echo:say ')
	expect(await last()).toContain('The model returned an empty answer. It stopped at once.')
	expect(await page.locator('.notice b').allTextContents()).toEqual([
		'The model declined to answer.',
		'The model returned an empty answer.',
	])
	await opened.ask('echo:error-after 3 unavailable')
	expect(await last()).toContain('The connection to the model broke off after 3 tokens. What arrived is kept.')
	await opened.ask('echo:error overloaded')
	expect(await page.locator('.answer').last().getByRole('alert').isVisible()).toBe(true)
	// A proxy in front of a server that is down.
	await page.route('**/v1/responses', (route) => route.fulfill({ status: 502, body: 'Bad gateway' }), { times: 1 })
	await opened.ask('Through a proxy')
	expect(await last()).toContain('echo is not available right now. Your message is kept.')
}, 60_000)

test('the title is changed in the top bar, and a phone has its actions in a menu', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	await opened.ask('Hello')
	await page.locator('.top-bar h1').hover()
	await page.getByRole('button', { name: 'Rename' }).click()
	await page.getByRole('textbox', { name: 'Title' }).fill('Greetings')
	await page.keyboard.press('Enter')
	await page.getByRole('heading', { name: 'Greetings', level: 1 }).waitFor()
	// There is the menu or its entries, not both.
	await page.setViewportSize({ width: 820, height: 1000 })
	const bar = page.locator('.top-bar')
	expect(await bar.getByRole('button', { name: 'More' }).count()).toBe(0)
	expect(await bar.getByRole('button', { name: 'Share' }).count()).toBe(1)
	await page.setViewportSize({ width: 390, height: 844 })
	await page.locator('.top-bar').getByRole('button', { name: 'More' }).click()
	expect(await page.getByRole('menuitem').allTextContents()).toEqual([
		'Compare models',
		'Same request as code',
		'Share',
		'Tree of branches',
	])
	await page.getByRole('menuitem', { name: 'Tree of branches' }).click()
	await page.getByRole('complementary', { name: 'Tree of branches' }).waitFor()
	await page.keyboard.press('Escape')
	// What is open stays beside its button when a phone is turned.
	await page.setViewportSize({ width: 844, height: 390 })
	await page.locator('.model-button').click()
	const left = () => page.locator(':popover-open').evaluate((list) => list.getBoundingClientRect().left)
	expect(await left()).toBeGreaterThan(100)
	await page.setViewportSize({ width: 390, height: 844 })
	await page.waitForFunction(() => {
		const { left = -1, right = -1 } = document.querySelector(':popover-open')?.getBoundingClientRect() ?? {}
		return left >= 0 && right <= 390
	})
	expect(opened.errors).toEqual([])
}, 60_000)
