// One conversation in several tabs of a browser.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { delayMessages, delayStorage } from './late-tabs.testing.ts'
import { type OpenPage, TestPages, words } from './page.testing.ts'

let pages: TestPages

beforeAll(async () => {
	pages = await TestPages.open()
}, 60_000)

afterAll(() => pages?.[Symbol.asyncDispose]())

/** Refuses the next question for a minute. */
const refuseOnce = (page: Page) =>
	page.route(
		'**/v1/responses',
		(route) =>
			route.fulfill({ status: 429, headers: { 'retry-after': '60' }, json: { error: { message: 'Not now.' } } }),
		{ times: 1 },
	)

/** How much later than messages and locks what another tab stores arrives, in milliseconds. */
const lateMs = 500

/** The same for messages: a tab that is stalled for a second still gets a lock earlier. */
const messagesLateMs = 2000

/** Another tab that shows the conversation; `prepare` changes it before. */
const anotherTab = (opened: OpenPage, prepare?: (page: Page) => Promise<unknown>): Promise<OpenPage> =>
	opened.anotherTab(`${opened.path}#key=${pages.server.key}`, prepare)

/** The same, and it receives what the first one stores late. */
const anotherLateTab = (opened: OpenPage): Promise<OpenPage> => anotherTab(opened, (page) => delayStorage(page, lateMs))

/** A conversation whose second question waits for the end of a limit. */
async function openLimited(): Promise<OpenPage> {
	const opened = await pages.openPage()
	await opened.ask('First')
	await refuseOnce(opened.page)
	await opened.send('Second')
	await opened.page.getByText('Too many requests. Your message is kept.').waitFor()
	return opened
}

test('two tabs: one reads for both, another takes over, and both may ask', async () => {
	const first = await pages.openPage()
	await first.ask('Hello')
	const second = await anotherTab(first)
	await second.page.locator('.answer', { hasText: 'Hello' }).waitFor()
	const reads: string[] = []
	second.page.on('request', (request) => {
		if (/\/responses\/resp_\w+\?stream/.test(request.url())) reads.push(request.url())
	})
	// A question of one tab appears in the other, which receives its events from there.
	await first.send('echo:delay 20 echo:repeat 400 word')
	await second.page.locator('.answer', { hasText: 'word word' }).waitFor()
	expect(reads).toEqual([])
	await first.page.close()
	await second.answered()
	expect(await second.answers()).toEqual(['Hello', words('word', 400)])
	expect(reads.length).toBe(1)
	expect((await second.stored()).turns.length).toBe(2)

	const third = await anotherTab(second)
	await third.page.locator('.answer', { hasText: 'word' }).waitFor()
	await third.page.fill('#message', 'Mine')
	await second.ask('Yours')
	const sentence = 'This conversation went on in another tab.'
	await third.page.getByText(`${sentence} Your message will become a branch.`).waitFor()
	expect((await third.answers()).length).toBe(2)
	await third.page.press('#message', 'Enter')
	await third.page.getByRole('group', { name: 'Branch 2 of 2' }).waitFor()
	expect((await third.answers()).at(-1)).toBe('Mine')
	await second.page.getByText(sentence).waitFor()
	await third.page.getByText(sentence).waitFor()
	expect((await second.answers()).at(-1)).toBe('Yours')
	await second.page.getByRole('button', { name: 'Show', exact: true }).click()
	await second.page.locator('.answer', { hasText: 'Mine' }).waitFor()
	// A branch that one tab deletes leaves the other one, also while the server cannot be reached there.
	await second.page.route('**/export', (route) => route.abort())
	await third.chooseInMenu('Delete branch')
	await second.page.getByRole('group', { name: /^Branch/ }).waitFor({ state: 'detached' })
	expect((await second.answers()).at(-1)).toBe('Yours')
	await second.page.unroute('**/export')
	await third.page.getByRole('button', { name: 'Undo' }).click()
	await second.page.getByRole('group', { name: 'Branch 1 of 2' }).waitFor()
	// While one tab sends, it reads the turns again, because another one has changed them: each is there once.
	const held = Promise.withResolvers<void>()
	await second.page.route('**/v1/responses', async (route) => {
		const response = await route.fetch()
		await held.promise
		await route.fulfill({ response })
	})
	await second.send('Sent slowly')
	const stored = async () => (await third.stored()).turns.length
	while ((await stored()) < 5) await third.page.waitForTimeout(20)
	const read = second.page.waitForResponse('**/export')
	await third.chooseInMenu('Delete branch')
	await read
	const twoFrames = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
	await second.page.evaluate(twoFrames)
	expect(await second.page.getByRole('group', { name: /^Branch/ }).count()).toBe(0)
	held.resolve()
	await second.answered()
	expect((await second.answers()).filter((answer) => answer === 'Sent slowly')).toHaveLength(1)
	expect(await second.page.getByRole('group', { name: /^Branch/ }).count()).toBe(0)
	expect([...second.errors, ...third.errors]).toEqual([])
}, 60_000)

test.concurrent('a branch that another tab deletes or restores follows as soon as that has arrived', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	await opened.ask('First')
	await page.locator('.answer').getByRole('button', { name: 'Regenerate' }).click()
	await page.getByRole('group', { name: 'Branch 2 of 2' }).waitFor()
	await opened.answered()
	const other = await anotherLateTab(opened)
	const branch = other.page.getByRole('group', { name: /^Branch/ })
	await branch.waitFor()
	await other.page.route('**/export', (route) => route.abort())
	await opened.chooseInMenu('Delete branch')
	await branch.waitFor({ state: 'detached' })
	expect(await other.answers()).toEqual(['First'])
	await other.page.unroute('**/export')
	await page.getByRole('button', { name: 'Undo' }).click()
	await branch.waitFor()
	expect((await other.stored()).turns.length).toBe(2)
	expect([...opened.errors, ...other.errors]).toEqual([])
}, 60_000)

test.concurrent('an answer has ended in both tabs if one takes over as it ends', async () => {
	const opened = await pages.openPage()
	await opened.ask('First')
	const other = await anotherTab(opened, (page) => delayMessages(page, messagesLateMs))
	await other.page.locator('.answer .markdown', { hasText: 'First' }).waitFor()
	// It can read the answer as soon as the first tab has, before it learns of the end.
	const read = Promise.withResolvers<void>()
	await other.page.route(/\/responses\/resp_\w+\?stream/, async (route) => {
		await other.page.waitForTimeout(2 * messagesLateMs)
		await route.continue()
		read.resolve()
	})
	await opened.ask('echo:delay 20 echo:repeat 50 word')
	await other.page.locator('.answer .markdown', { hasText: words('word', 50) }).waitFor()
	await read.promise
	await other.page.waitForTimeout(2 * lateMs)
	await other.answered()
	expect(await other.answers()).toEqual(['First', words('word', 50)])
	expect([...opened.errors, ...other.errors]).toEqual([])
}, 60_000)

test.concurrent('a question that another tab has just sent is not sent again', async () => {
	const opened = await openLimited()
	const { page } = opened
	const other = await anotherLateTab(opened)
	await other.page.locator('.question', { hasText: 'Second' }).waitFor()
	// The other tab knows of the limit, and cannot shorten it.
	await other.page.getByText('Too many requests. Your message is kept.').waitFor()
	expect(await other.page.getByRole('button', { name: 'Try again' }).count()).toBe(0)
	await page.getByRole('button', { name: 'Try again' }).click()
	await other.page.locator('.answer .markdown', { hasText: 'Second' }).waitFor()
	await page.locator('.answer .markdown', { hasText: 'Second' }).waitFor()
	await Promise.all([opened.answered(), other.answered()])
	await other.page.waitForTimeout(2 * lateMs)
	expect([...opened.bodies, ...other.bodies].length).toBe(3)
	expect((await other.stored()).turns.length).toBe(2)
	expect([...opened.errors, ...other.errors]).toEqual([])
}, 60_000)

test.concurrent('a question that another tab asks while this one loads the conversation is part of it', async () => {
	const opened = await pages.openPage()
	await opened.ask('First')
	const [read, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
	const other = await anotherTab(opened, (page) =>
		page.route(
			'**/export',
			async (route) => {
				const response = await route.fetch()
				read.resolve()
				await held.promise
				await route.fulfill({ response })
			},
			{ times: 1 },
		),
	)
	await read.promise
	await opened.ask('Second')
	held.resolve()
	await other.page.locator('.answer .markdown', { hasText: 'Second' }).waitFor()
	await other.ask('Third')
	expect(await other.answers()).toEqual(['First', 'Second', 'Third'])
	expect([...opened.errors, ...other.errors]).toEqual([])
}, 60_000)

test.concurrent('a tab whose key is refused does not prevent another one from reading the answer', async () => {
	const opened = await pages.openPage()
	await opened.ask('First')
	const refused = await anotherTab(opened, (page) =>
		page.route(/\/responses\/resp_\w+\?stream/, (route) =>
			route.fulfill({ status: 401, json: { error: { message: 'Revoked.' } } }),
		),
	)
	await refused.page.locator('.answer', { hasText: 'First' }).waitFor()
	await opened.send('echo:delay 20 echo:repeat 400 word')
	await refused.page.locator('.answer', { hasText: 'word word' }).waitFor()
	const other = await anotherTab(opened)
	await other.page.locator('.answer', { hasText: 'word word' }).waitFor()
	await opened.page.close()
	await refused.page.getByRole('dialog').waitFor()
	await other.answered()
	expect(await other.answers()).toEqual(['First', words('word', 400)])
	expect([...refused.errors, ...other.errors]).toEqual([])
}, 60_000)

test.concurrent('a conversation that was left while its question was sent shows the answer as it grows', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	await opened.ask('Another conversation')
	await opened.newChat()
	await opened.ask('Left early')
	const held = Promise.withResolvers<void>()
	await page.route('**/v1/responses', async (route) => {
		await held.promise
		await route.continue()
	})
	await opened.send('echo:delay 20 echo:repeat 400 word')
	await page.locator('.sidebar a', { hasText: 'Another conversation' }).click()
	await page.locator('.answer', { hasText: 'Another conversation' }).waitFor()
	await opened.newChat()
	const asked = page.waitForResponse('**/v1/responses')
	held.resolve()
	await asked
	await page.locator('.sidebar a', { hasText: 'Left early' }).click()
	await page.locator('.answer .markdown', { hasText: 'word word' }).waitFor()
	expect(await page.getByRole('button', { name: 'Stop' }).count()).toBe(1)
	await opened.answered()
	expect(await opened.answers()).toEqual(['Left early', words('word', 400)])
	expect(opened.errors).toEqual([])
}, 60_000)

test.concurrent('a turn that another tab has sent is shown when the server can be reached again', async () => {
	const opened = await openLimited()
	const { page } = opened
	const other = await anotherTab(opened)
	await other.page.locator('.question', { hasText: 'Second' }).waitFor()
	await other.page.route('**/export', (route) => route.abort())
	await page.getByRole('button', { name: 'Try again' }).click()
	await opened.answered()
	await other.page.getByText('The server cannot be reached.').waitFor()
	await other.page.unroute('**/export')
	await other.page.locator('.answer .markdown', { hasText: 'Second' }).waitFor()
	expect([...opened.errors, ...other.errors]).toEqual([])
}, 60_000)

test.concurrent('settings and tools that one tab stores are those of the others', async () => {
	const opened = await pages.openPage()
	const other = await opened.anotherTab(`/#key=${pages.server.key}`)
	await other.page.locator('#message').waitFor()
	const theme = (tab: OpenPage, wanted: string) =>
		tab.page.waitForFunction((name) => document.documentElement.dataset.theme === name, wanted)
	const choose = async (tab: OpenPage, command: string) => {
		await tab.page.keyboard.press('Control+K')
		await tab.page.getByRole('combobox').fill(command)
		await tab.page.getByRole('option', { name: command }).click()
	}
	await choose(opened, 'Appearance: Dark')
	await theme(opened, 'dark')
	await theme(other, 'dark')
	await choose(other, 'Appearance: Light')
	await theme(opened, 'light')
	const panelOf = async ({ page }: OpenPage) => {
		await page.locator('.composer').getByRole('button', { name: 'Tools' }).click()
		return page.getByRole('complementary', { name: 'Tools' })
	}
	const panels = [await panelOf(opened), await panelOf(other)]
	for (const [index, panel] of panels.entries()) {
		await panel.getByRole('button', { name: 'New tool' }).click()
		await panel.getByLabel('Name').fill(`tool_${index}`)
		await panel.getByRole('button', { name: 'Save' }).click()
		for (const each of panels) await each.getByRole('checkbox', { name: `Use tool_${index}` }).waitFor()
	}
	expect([...opened.errors, ...other.errors]).toEqual([])
}, 60_000)

test.concurrent('the answer of a conversation that was deleted elsewhere is no longer polled', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	await opened.ask('First')
	const id = /conv_\w+/.exec(opened.path)?.[0]
	await opened.send('echo:delay 50 echo:repeat 400 word')
	await page.locator('.answer', { hasText: 'word word' }).waitFor()
	await opened.newChat()
	await page.getByRole('img', { name: 'Answer in progress' }).waitFor()
	const removed = await fetch(`${pages.server.url}/openai/v1/conversations/${id}`, {
		method: 'DELETE',
		headers: { authorization: `Bearer ${pages.server.key}` },
	})
	expect(removed.status).toBe(200)
	await page.getByRole('img', { name: 'Answer in progress' }).waitFor({ state: 'detached' })
	expect(await page.getByRole('img', { name: 'Answer ready' }).count()).toBe(0)
	expect(opened.errors).toEqual([])
}, 60_000)
