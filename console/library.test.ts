// The library of conversations in the sidebar: sections, thousands of rows, selection, labels, and what is ready elsewhere.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { type OpenPage, TestPages } from './page.testing.ts'

let pages: TestPages
beforeAll(async () => {
	pages = await TestPages.open()
}, 60_000)
afterAll(() => pages[Symbol.asyncDispose]())

/** A new conversation of this page's key. @returns its id. */
async function create(
	title: string,
	metadata: Readonly<Record<string, string>> = {},
	content = title,
): Promise<string> {
	const { url, key } = pages.server
	const response = await fetch(`${url}/openai/v1/conversations`, {
		method: 'POST',
		headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
		body: JSON.stringify({ title, metadata, items: [{ role: 'user', content }] }),
	})
	return ((await response.json()) as { readonly id: string }).id
}

async function stored(id: string): Promise<{ readonly title: string; readonly metadata: Record<string, string> }> {
	const { url, key } = pages.server
	const response = await fetch(`${url}/openai/v1/conversations/${id}`, { headers: { authorization: `Bearer ${key}` } })
	return (await response.json()) as Awaited<ReturnType<typeof stored>>
}

const link = (page: Page, title: string) => page.getByRole('link', { name: title, exact: true })
const section = (page: Page, label: string) => page.getByRole('region', { name: label })

async function menu(page: Page, title: string, entry: string): Promise<void> {
	const row = page.locator('li.conversation', { has: link(page, title) })
	await row.hover()
	await row.getByRole('button', { name: 'More' }).click()
	await page.getByRole('menuitem', { name: entry }).click()
}

test('conversations are renamed in place, pinned, tagged and put into folders', async () => {
	const id = await create('Alpha plan')
	const { page, errors } = await pages.openPage()
	await menu(page, 'Alpha plan', 'Rename')
	await page.getByRole('textbox', { name: 'Title' }).fill('Beta <b>plan</b>')
	await page.keyboard.press('Enter')
	await link(page, 'Beta <b>plan</b>').waitFor()
	expect((await stored(id)).title).toBe('Beta <b>plan</b>')
	// Esc leaves the title as it was.
	await link(page, 'Beta <b>plan</b>').focus()
	await page.keyboard.press('F2')
	await page.getByRole('textbox', { name: 'Title' }).fill('Gamma')
	await page.keyboard.press('Escape')
	await menu(page, 'Beta <b>plan</b>', 'Pin')
	await section(page, 'Pinned').getByRole('link', { name: 'Beta <b>plan</b>' }).waitFor()
	await menu(page, 'Beta <b>plan</b>', 'Unpin')
	await section(page, 'Today').getByRole('link', { name: 'Beta <b>plan</b>' }).waitFor()
	await menu(page, 'Beta <b>plan</b>', 'Move to folder')
	await page.getByRole('dialog').getByRole('combobox').fill('Ward/Reports')
	await page.getByRole('button', { name: 'Move', exact: true }).click()
	await section(page, 'Folders').getByRole('link', { name: 'Beta <b>plan</b>' }).waitFor()
	await section(page, 'Folders').getByRole('button', { name: 'Ward 1' }).click()
	expect(await link(page, 'Beta <b>plan</b>').count()).toBe(0)
	await section(page, 'Folders').getByRole('button', { name: 'Ward 1' }).click()
	await menu(page, 'Beta <b>plan</b>', 'Tags')
	await page.getByRole('dialog').getByRole('textbox').fill('urgent, urgent,audit')
	await page.getByRole('button', { name: 'Save' }).click()
	await page.locator('.conversation .tags', { hasText: 'urgent audit' }).waitFor()
	expect((await stored(id)).metadata).toEqual({ folder: 'Ward/Reports', tags: 'urgent,audit' })
	await page.reload()
	await page.locator('.conversation .tags', { hasText: 'urgent audit' }).waitFor()
	expect(errors).toEqual([])
}, 60_000)

test('a range of conversations is selected with Shift, moved and deleted', async () => {
	const ids: string[] = []
	for (const name of ['one', 'two', 'three', 'four']) ids.push(await create(`Range ${name}`))
	const { page } = await pages.openPage()
	await link(page, 'Range four').click()
	await link(page, 'Range two').click({ modifiers: ['Shift'] })
	await page.getByText('3 selected').waitFor()
	// A click toggles while there is a selection, without leaving the conversation on screen.
	await link(page, 'Range three').click()
	await page.getByText('2 selected').waitFor()
	await page.getByRole('toolbar').getByRole('button', { name: 'Move to folder' }).click()
	await page.getByRole('dialog').getByRole('combobox').fill('Range')
	await page.getByRole('button', { name: 'Move', exact: true }).click()
	await section(page, 'Folders').getByRole('button', { name: 'Range 2' }).waitFor()
	// With the keyboard.
	await link(page, 'Range three').focus()
	await page.keyboard.press('Shift+ArrowDown')
	await page.getByText('2 selected').waitFor()
	await page.getByRole('toolbar').getByRole('button', { name: 'Delete' }).click()
	await page.getByRole('dialog', { name: 'Delete 2 conversations?' }).waitFor()
	await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
	await page.getByText('2 conversations deleted.').waitFor()
	expect([await link(page, 'Range three').count(), await link(page, 'Range one').count()]).toEqual([0, 0])
	await page.getByText('2 conversations deleted.').waitFor({ state: 'detached' })
	const titles = async () => Promise.all(ids.map(async (id) => (await stored(id)).title ?? 'gone'))
	while ((await titles()).filter((title) => title === 'gone').length < 2) await page.waitForTimeout(20)
	expect(await titles()).toEqual(['gone', 'Range two', 'gone', 'Range four'])
}, 60_000)

test('a deletion can be undone for eight seconds, also after a reload, and then it is complete', async () => {
	const [one, other] = [await create('Undo one'), await create('Undo other')]
	await create('Not deleted')
	const opened = await pages.openPage()
	const { page, errors } = opened
	const elsewhere = await opened.anotherTab(`/c/${one}#key=${pages.server.key}`)
	await elsewhere.page.locator('.question', { hasText: 'Undo one' }).waitFor()
	await page.clock.install()
	const undo = page.getByRole('button', { name: 'Undo' })
	const titles = async () => Promise.all([one, other].map(async (id) => (await stored(id)).title ?? 'gone'))
	await link(page, 'Undo one').click()
	await page.locator('.question', { hasText: 'Undo one' }).waitFor()
	await menu(page, 'Undo one', 'Delete')
	await page.getByText('Conversation deleted.').waitFor()
	await page.waitForURL((url) => url.pathname === '/')
	expect([await link(page, 'Undo one').count(), await titles()]).toEqual([0, ['Undo one', 'Undo other']])
	// It leaves the other window, too.
	await link(elsewhere.page, 'Undo one').waitFor({ state: 'detached' })
	await elsewhere.page.waitForURL((url) => url.pathname === '/')
	// The person returns to what they had on screen.
	await undo.click()
	await page.locator('.question', { hasText: 'Undo one' }).waitFor()
	await link(page, 'Undo one').waitFor()
	await link(elsewhere.page, 'Undo one').waitFor()
	expect(await elsewhere.page.getByRole('button', { name: 'Undo' }).count()).toBe(0)
	await elsewhere.page.close()
	// A second deletion joins the first: neither is complete sooner.
	await link(page, 'Undo one').focus()
	await page.keyboard.press('Delete')
	await page.clock.fastForward(6000)
	await link(page, 'Undo other').focus()
	await page.keyboard.press('Delete')
	await page.getByText('2 conversations deleted.').waitFor()
	await page.clock.fastForward(6000)
	expect(await titles()).toEqual(['Undo one', 'Undo other'])
	await page.reload()
	await page.getByText('2 conversations deleted.').waitFor()
	await link(page, 'Not deleted').waitFor()
	expect([await link(page, 'Undo one').count(), await link(page, 'Undo other').count()]).toEqual([0, 0])
	await undo.click()
	await link(page, 'Undo one').waitFor()
	await link(page, 'Undo other').waitFor()
	await link(page, 'Undo one').focus()
	await page.keyboard.press('Delete')
	// The pointer is on the new toast, too, which would hold it.
	await page.mouse.move(0, 0)
	// The focus is on the next conversation, not lost.
	await link(page, 'Undo one').waitFor({ state: 'detached' })
	expect(await page.evaluate(() => document.activeElement?.closest('li.conversation') !== null)).toBe(true)
	const deleted = page.waitForRequest((request) => request.method() === 'DELETE')
	await page.clock.fastForward(8000)
	await deleted
	await undo.waitFor({ state: 'detached' })
	while ((await titles())[0] !== 'gone') await page.waitForTimeout(20)
	expect(await titles()).toEqual(['gone', 'Undo other'])
	expect(errors).toEqual([])
}, 60_000)

test('the sidebar can be hidden, an answer that is ready elsewhere has a ring and is counted in the title', async () => {
	const opened = await pages.openPage({ viewport: { width: 1280, height: 800 } })
	const { page } = opened
	await page.keyboard.press('Control+Shift+S')
	await page.getByRole('navigation').waitFor({ state: 'hidden' })
	await page.reload()
	await page.getByRole('button', { name: 'Menu' }).click()
	await page.getByRole('navigation').waitFor()
	await opened.send('echo:delay 30 echo:repeat 200 slow')
	await page.getByRole('img', { name: 'Answer in progress' }).waitFor()
	await page.locator('.answer', { hasText: 'slow' }).waitFor()
	await page.getByRole('link', { name: 'New chat' }).click()
	await page.getByRole('img', { name: 'Answer ready' }).waitFor()
	await opened.titled('(1) Dragoman')
	await page
		.locator('li.conversation', { has: page.getByRole('img', { name: 'Answer ready' }) })
		.locator('a')
		.click()
	await page.getByRole('img', { name: 'Answer ready' }).waitFor({ state: 'detached' })
	await page.waitForFunction(() => !document.title.includes('(1)'))
}, 60_000)

async function searchFor(opened: OpenPage, query: string): Promise<void> {
	await opened.page.keyboard.press('Control+K')
	await opened.page.getByRole('combobox').fill(query)
}

test('the palette finds conversations by their text, and commands', async () => {
	const id = await create('Minutes', {}, `${'word '.repeat(60)}the Consent Form names <i>no</i> contact`)
	await create('Consent forms compared', {}, 'x')
	const opened = await pages.openPage()
	const { page, errors } = opened
	await page.getByRole('button', { name: /^Search/ }).click()
	await page.getByRole('combobox').waitFor()
	await page.keyboard.press('Escape')
	await page.getByRole('combobox').waitFor({ state: 'detached' })
	await searchFor(opened, 'consent form')
	const minutes = page.getByRole('option', { name: /Minutes.*…word.*the Consent Form names <i>no<\/i>/ })
	await minutes.waitFor()
	await page.getByRole('option', { name: /Consent forms compared/ }).waitFor()
	expect(await minutes.locator('mark').textContent()).toBe('Consent Form')
	await page.getByRole('status').filter({ hasText: '2 results' }).waitFor()
	const wanted = await minutes.getAttribute('id')
	const active = () => page.getByRole('combobox').getAttribute('aria-activedescendant')
	for (let former = await active(); former !== wanted; former = await active()) {
		await page.keyboard.press('ArrowDown')
		await page.waitForFunction(
			(id) => document.querySelector('[role=combobox]')?.getAttribute('aria-activedescendant') !== id,
			former,
		)
	}
	expect(await minutes.getAttribute('aria-selected')).toBe('true')
	await page.keyboard.press('Enter')
	await page.waitForURL(({ pathname }) => pathname === `/c/${id}`)
	await searchFor(opened, 'co')
	await page.getByText('One or two characters are searched in titles only.').waitFor()
	await page.getByRole('combobox').fill('y'.repeat(201))
	await page.getByText('A search has at most 200 characters.').waitFor()
	await page.getByRole('combobox').fill('appearance dark')
	await page.getByRole('option', { name: 'Appearance: Dark' }).click()
	expect(await page.locator('html').getAttribute('data-theme')).toBe('dark')
	await searchFor(opened, 'francais')
	await page.keyboard.press('Enter')
	await page.getByRole('link', { name: 'Nouvelle conversation' }).waitFor()
	await page.context().setOffline(true)
	await searchFor(opened, 'consent')
	await page.getByText('Le serveur est injoignable. Vérifiez qu’il est démarré.').waitFor()
	expect(errors).toEqual([])
}, 60_000)

test('the palette opens as soon as it was closed, and what was chosen remains chosen as results arrive', async () => {
	await create('Appearance of forms', {})
	const opened = await pages.openPage()
	const { page, errors } = opened
	const held = Promise.withResolvers<void>()
	await page.route(/\/conversations\?.*search=/, async (route) => {
		await held.promise
		await route.continue()
	})
	await page.keyboard.press('Control+K')
	await page.getByRole('combobox').waitFor()
	await page.evaluate(async () => {
		document.querySelector('dialog')?.requestClose()
		await new Promise((resolve) => setTimeout(resolve))
		dispatchEvent(new KeyboardEvent('keydown', { code: 'KeyK', ctrlKey: true }))
	})
	await page.getByRole('combobox').fill('appearance')
	const dark = page.getByRole('option', { name: 'Appearance: Dark', selected: true })
	while ((await dark.count()) === 0) await page.keyboard.press('ArrowDown')
	held.resolve()
	await page.getByRole('option', { name: 'Appearance of forms' }).waitFor()
	expect(await dark.count()).toBe(1)
	await page.keyboard.press('Enter')
	await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark')
	expect(errors).toEqual([])
}, 60_000)

test('2,000 conversations stay fluid, and old pinned ones are shown', async () => {
	await create('Old and pinned', { pinned: 'true' })
	await create('Old and foldered', { folder: 'Archive' })
	for (let batch = 0; batch < 20; batch++)
		await Promise.all(Array.from({ length: 100 }, (_, index) => create(`Number ${batch * 100 + index}`)))
	const opened = await pages.openPage()
	const { page } = opened
	await section(page, 'Pinned').getByRole('link', { name: 'Old and pinned' }).waitFor()
	await section(page, 'Folders').getByRole('button', { name: 'Archive 1' }).waitFor()
	const list = page.locator('.conversations')
	const length = () => list.evaluate((element) => element.scrollHeight)
	// Each page makes the list longer, until it is complete.
	while ((await length()) < 2000 * 32) {
		const before = await length()
		await list.evaluate((element) => element.scrollTo(0, element.scrollHeight))
		await page.waitForFunction((least) => (document.querySelector('.conversations')?.scrollHeight ?? 0) > least, before)
	}
	expect(await page.locator('li.conversation').count()).toBeLessThan(120)
	const session = await page.context().newCDPSession(page)
	// Processor time, so that other load on this machine is not counted.
	await session.send('Performance.enable', { timeDomain: 'threadTicks' })
	const busyMs = async () => {
		const { metrics } = await session.send('Performance.getMetrics')
		return 1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN)
	}
	const before = await busyMs()
	const steps = 20
	await list.evaluate(async (element, count) => {
		for (let step = 1; step <= count; step++) {
			element.scrollTo(0, (element.scrollHeight * step) / (count + 1))
			await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
		}
	}, steps)
	expect((await busyMs()) - before).toBeLessThan(50 * steps)
	await list.evaluate((element) => element.scrollTo(0, 0))
	await link(page, 'Old and pinned').waitFor()
}, 120_000)

test('all conversations are deleted, after a question', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	await opened.ask('To be deleted')
	await page.getByRole('button', { name: 'Account' }).click()
	await page.getByRole('link', { name: 'Settings' }).click()
	await page.getByRole('button', { name: 'Delete all conversations…' }).click()
	const dialog = page.getByRole('dialog', { name: 'Delete all conversations?' })
	// It cannot be undone, so the button waits for a word.
	expect(await dialog.getByRole('button', { name: 'Delete all' }).isDisabled()).toBe(true)
	await dialog.getByLabel('Write “delete” to confirm').fill('remove')
	await page.keyboard.press('Enter')
	expect(await dialog.getByRole('button', { name: 'Delete all' }).isDisabled()).toBe(true)
	await dialog.getByLabel('Write “delete” to confirm').fill('Delete ')
	await page.keyboard.press('Enter')
	await dialog.waitFor({ state: 'detached' })
	await page.getByText('Your conversations will be listed here.').waitFor()
	expect(opened.path).toBe('/')
	const { data } = await (await pages.server.call('/openai/v1/conversations')).json()
	expect(data).toEqual([])
	expect(opened.errors).toEqual([])
}, 60_000)
