// The page for everyone: no finding of axe on any screen, dialog, popover or panel in either theme, all tasks with the keyboard
// alone, focus that returns, and what a screen reader reads of an answer.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { findingsOf } from './axe.testing.ts'
import { cutRings } from './focus-rings.testing.ts'
import { signedIn, TestPages, words } from './page.testing.ts'
import { type Finger, fingerOn, swipe } from './touch.testing.ts'

let pages: TestPages
beforeAll(async () => {
	pages = await TestPages.open()
}, 60_000)
afterAll(() => pages[Symbol.asyncDispose]())

const richAnswer = `echo:say # One

Text with **bold**, \`code\`, a [link](https://example.org) and $x^2$.

- [x] an item

| a | b |
|---|--:|
| 1 | 2 |

\`\`\`js
const answer = 42 // the answer
\`\`\`

> Quoted.`

/** Looks at each state in turn. @returns the findings of all, each with the name of its state. */
class Inspection {
	readonly findings: string[] = []
	private readonly page: Page

	constructor(page: Page) {
		this.page = page
	}

	async look(state: string): Promise<void> {
		this.findings.push(...(await findingsOf(this.page)).map((finding) => `${state}: ${finding}`))
	}
}

async function create(title: string, metadata: Readonly<Record<string, string>> = {}): Promise<string> {
	const response = await pages.server.call('/openai/v1/conversations', {
		title,
		metadata,
		items: [{ role: 'user', content: title }],
	})
	return ((await response.json()) as { readonly id: string }).id
}

/** With more contrast, labels are as dark as secondary text, and separators as the outlines of fields. */
const comparesTokens = () => {
	const token = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name)
	return [token('--ink3') === token('--ink2'), token('--line') === token('--control')]
}

test('axe finds nothing on the screens before and after the sign-in', async () => {
	const { page } = await pages.openPage({}, pages.server.url)
	const inspection = new Inspection(page)
	await page.getByRole('button', { name: 'Sign in' }).waitFor()
	await inspection.look('sign-in')
	await page.locator('input[name=key]').fill('dgm-wrong')
	await page.keyboard.press('Enter')
	await page.getByRole('alert').waitFor()
	await inspection.look('refused key')
	await page.locator('input[name=key]').fill(pages.server.key)
	await page.keyboard.press('Enter')
	await signedIn(page)
	await inspection.look('new chat')
	await page.keyboard.press('Escape')
	await page.goto(`${pages.server.url}/console/usage`)
	await page.getByRole('heading', { name: 'Usage and cost', level: 1 }).waitFor()
	await inspection.look('console')
	for (const colorScheme of ['light', 'dark'] as const) {
		await page.emulateMedia({ colorScheme, contrast: 'more' })
		await page.locator(`:root[data-theme=${colorScheme}]`).waitFor()
		expect(await page.evaluate(comparesTokens)).toEqual([true, true])
	}
	await page.emulateMedia({ colorScheme: null, contrast: null })
	await page.goto(`${pages.server.url}/c/conv_00000000000040008000000000000000`)
	await page.getByText('There is no such conversation, or it is not yours.').waitFor()
	await inspection.look('not found')
	expect(await page.locator('#message').isVisible()).toBe(false)
	await page.locator('.main').getByRole('link', { name: 'New chat' }).click()
	await page.locator('#message:focus').waitFor()
	expect(inspection.findings).toEqual([])
}, 120_000)

test('axe finds nothing in a conversation in all its states', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	const inspection = new Inspection(page)
	await opened.ask(richAnswer)
	await page.locator('.markdown .katex').waitFor()
	await opened.ask('echo:reasoning I think\necho:say Hello')
	await page.locator('.thinking > summary').click()
	await page.locator('.answer').last().getByRole('button', { name: 'Regenerate' }).click()
	await page.getByText('2 of 2').waitFor()
	await opened.answered()
	await inspection.look('rich answer')
	await opened.ask('echo:tool get_weather {"city": "Paris"}')
	await inspection.look('tool call')
	await page.keyboard.press('Tab')
	expect(await cutRings(page)).toEqual([])
	await opened.ask('echo:refuse I cannot help.')
	await opened.ask('echo:error-after 3 unavailable')
	await opened.ask('echo:error overloaded')
	await inspection.look('failures')
	await opened.send('echo:delay 100 echo:repeat 1000 word')
	await page.locator('.answer .markdown', { hasText: 'word word' }).waitFor()
	await page.fill('#message', 'Next')
	await page.keyboard.press('Enter')
	await page.getByText('Will be sent after this answer').waitFor()
	await inspection.look('streaming')
	await page.getByRole('button', { name: 'Remove' }).click()
	await page.getByRole('button', { name: 'Stop' }).click()
	await page.locator('.end-note', { hasText: 'Stopped' }).waitFor()
	await page.locator('.question').first().getByRole('button', { name: 'Edit' }).click()
	await inspection.look('editing')
	await page.keyboard.press('Escape')
	await page.keyboard.press('Control+Shift+B')
	await page.getByRole('tree').waitFor()
	await inspection.look('tree')
	await page.keyboard.press('Control+Shift+B')
	await page.getByRole('button', { name: 'List the branches' }).first().click()
	await page.locator(':popover-open').waitFor()
	await inspection.look('branches')
	await page.keyboard.press('Escape')
	await page.locator('.model-button').click()
	await page.locator(':popover-open').waitFor()
	await inspection.look('models')
	expect(inspection.findings).toEqual([])
}, 180_000)

test('axe finds nothing in the library and its dialogs', async () => {
	await create('Pinned one', { pinned: 'true' })
	await create('In a folder', { folder: 'Ward/Reports', tags: 'urgent,audit' })
	await create('Loose')
	const { page } = await pages.openPage()
	const inspection = new Inspection(page)
	const dialogs: Readonly<Record<string, string>> = {
		Move: 'move to folder',
		Tags: 'tags',
		Share: 'share',
		Import: 'import conversations',
		Export: 'export all conversations',
	}
	await page.getByRole('link', { name: 'Loose' }).click()
	await page.locator('.question').waitFor()
	for (const [state, command] of Object.entries(dialogs)) {
		await page.keyboard.press('Control+K')
		await page.getByRole('combobox').fill(command)
		if (state === 'Move') await inspection.look('palette')
		await page.keyboard.press('Enter')
		await page.getByRole('dialog').getByRole('heading').first().waitFor()
		await inspection.look(state)
		await page.keyboard.press('Escape')
		await page.getByRole('dialog').waitFor({ state: 'detached' })
	}
	await page.getByRole('button', { name: 'Account' }).click()
	await inspection.look('account')
	await page.keyboard.press('Escape')
	await page.locator('li.conversation').first().hover()
	await page.locator('li.conversation').first().getByRole('button', { name: 'More' }).click()
	await page.locator(':popover-open').waitFor()
	await inspection.look('menu')
	await page.getByRole('menuitem', { name: 'Select' }).click()
	await page.getByRole('link', { name: 'Loose' }).click()
	await page.getByText('2 selected').waitFor()
	await inspection.look('selection')
	await page.keyboard.press('Tab')
	expect(await cutRings(page)).toEqual([])
	await page.getByRole('toolbar').getByRole('button', { name: 'Delete' }).click()
	await page.getByRole('dialog').waitFor()
	await inspection.look('delete')
	await page.keyboard.press('Escape')
	await page.getByRole('button', { name: 'Clear the selection' }).click()
	await page.getByRole('link', { name: 'Loose' }).focus()
	await page.keyboard.press('Delete')
	await page.getByRole('button', { name: 'Undo' }).waitFor()
	await inspection.look('undo')
	await page.locator('.talk').focus()
	await page.keyboard.press('?')
	await page.getByRole('dialog', { name: 'Keyboard' }).waitFor()
	await inspection.look('keyboard')
	expect(inspection.findings).toEqual([])
}, 180_000)

test('axe finds nothing in the settings and their dialogs', async () => {
	await create('Compared', { compare: '["echo","second"]', votes: '12' })
	const { page } = await pages.openPage()
	const inspection = new Inspection(page)
	await page.goto(`${pages.server.url}/settings`)
	await page.getByRole('button', { name: 'New key' }).waitFor()
	await page.getByText('preferred 50 % of 2 comparisons').first().waitFor()
	await inspection.look('settings')
	await page.getByRole('button', { name: 'New key' }).click()
	await page.getByRole('button', { name: 'Create key' }).click()
	await page.getByRole('alert').waitFor()
	await inspection.look('new key')
	await page.getByLabel('Name').fill('Notebook')
	await page.getByRole('button', { name: 'Create key' }).click()
	await page.getByRole('region', { name: 'Notebook' }).waitFor()
	await page.getByRole('button', { name: 'Revoke Notebook' }).waitFor()
	await inspection.look('made key')
	await page.getByRole('button', { name: 'Revoke Notebook' }).click()
	await page.getByRole('dialog').waitFor()
	await inspection.look('revoke')
	await page.keyboard.press('Escape')
	await page.getByRole('button', { name: 'Delete all conversations…' }).click()
	await page.getByRole('dialog').waitFor()
	await inspection.look('delete all')
	expect(inspection.findings).toEqual([])
}, 120_000)

/** Controls that are smaller than a finger. */
const smallTargets = (page: Page) =>
	page.evaluate(() =>
		[...document.querySelectorAll<HTMLElement>('button, select, input:enabled, textarea, .sidebar a')].flatMap(
			(element) => {
				if (!element.checkVisibility({ visibilityProperty: true })) return []
				// A label is a target of its control.
				const { width, height } = (element.closest('label') ?? element).getBoundingClientRect()
				return width >= 40 && height >= 40 ? [] : [`${element.outerHTML.slice(0, 120)} ${width} x ${height}`]
			},
		),
	)

test('axe finds nothing on a phone, whose targets are large enough for a finger, and a finger opens what a mouse does', async () => {
	const opened = await pages.openPage({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true })
	const { page } = opened
	const inspection = new Inspection(page)
	await opened.ask(richAnswer)
	await opened.ask('echo:error unavailable')
	await inspection.look('conversation')
	// Swipes that go up, or begin elsewhere, do not open the sheet. Chromium may deliver the end of a swipe with the next one.
	const finger = await fingerOn(page)
	const sheet = page.locator('.sidebar.open')
	await swipe(finger, [5, 500], [40, 300])
	await swipe(finger, [80, 400], [220, 400])
	expect(await sheet.count()).toBe(0)
	await page.getByRole('button', { name: 'Menu' }).click()
	await page.locator('.sidebar.open').waitFor()
	await inspection.look('sheet')
	expect(inspection.findings).toEqual([])
	expect(await smallTargets(page)).toEqual([])
	const { path } = opened
	await swipe(finger, [300, 400], [150, 410])
	await sheet.waitFor({ state: 'detached' })
	await swipe(finger, [5, 400], [120, 395])
	await sheet.waitFor()
	await page.goBack()
	await sheet.waitFor({ state: 'detached' })
	expect(opened.path).toBe(path)
	// What is chosen in the sheet takes the place of its entry: the next step back is the one before it.
	await page.getByRole('button', { name: 'Menu' }).click()
	await page.getByRole('link', { name: 'New chat' }).click()
	await page.locator('.greeting').waitFor()
	await page.goBack()
	await page.locator('.answer').first().waitFor()
	expect([opened.path, await sheet.count()]).toEqual([path, 0])
	const firstToken = page.locator('.answer .facts .detail').first()
	expect(await firstToken.isVisible()).toBe(false)
	await page.getByRole('button', { name: 'All facts' }).first().tap()
	await firstToken.waitFor()
	// Text of a turn without a menu, as in a shared branch, can be selected.
	const selectable = await page
		.locator('.answer')
		.first()
		.evaluate((turn) => {
			const body = turn.querySelector('.body') ?? turn
			const withMenu = getComputedStyle(body).userSelect
			const menu = turn.querySelector('.turn-menu')
			menu?.classList.remove('turn-menu')
			const without = getComputedStyle(body).userSelect
			menu?.classList.add('turn-menu')
			return [withMenu, without]
		})
	expect(selectable).toEqual(['none', 'auto'])
	await longPress(page, finger, '.answer p')
	const menu = page.getByRole('menu', { name: 'More' })
	await inspection.look('menu of an answer')
	await menu.getByRole('menuitem', { name: 'Select text' }).click()
	expect(await page.evaluate('getSelection().toString()')).toContain('Text with')
	await longPress(page, finger, '.question .body > div')
	await menu.getByRole('menuitem', { name: 'Edit' }).click()
	await page.locator('.edit-question').waitFor()
	expect(inspection.findings).toEqual([])
	expect(opened.errors).toEqual([])
	await page.goto(`${pages.server.url}/settings`)
	await page.getByRole('button', { name: 'New key' }).click()
	await inspection.look('settings')
	expect(inspection.findings).toEqual([])
	expect(await smallTargets(page)).toEqual([])
}, 120_000)

/** Presses the first element until its menu opens, which is still open when the finger has left. */
async function longPress(page: Page, send: Finger, selector: string): Promise<void> {
	const element = page.locator(selector).first()
	await element.scrollIntoViewIfNeeded()
	const box = await element.boundingBox()
	await send('touchStart', [[(box?.x ?? 0) + 20, (box?.y ?? 0) + 8]])
	await page.getByRole('menu', { name: 'More' }).waitFor()
	await send('touchEnd', [])
	await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 50)))
	await page.getByRole('menu', { name: 'More' }).waitFor()
}

/** As after a click on nothing: the next Tab goes to the first stop of the page. */
const toStart = (page: Page) =>
	page.evaluate(() => {
		document.body.tabIndex = -1
		document.body.focus()
		document.body.removeAttribute('tabindex')
	})

/** A short description of the element that has the focus. */
const focused = (page: Page) =>
	page.evaluate(() => {
		const element = document.activeElement
		return element?.id || element?.getAttribute('aria-label') || element?.textContent || element?.tagName || ''
	})

test('the keyboard alone: first visit, question, branch, rename, delete, share', async () => {
	const { page, errors } = await pages.openPage({}, pages.server.url)
	const { keyboard } = page
	await page.locator('input[name=key]:focus').waitFor()
	await keyboard.type(pages.server.key)
	await keyboard.press('Enter')
	await signedIn(page)
	await page.locator('#message:focus').waitFor()
	await keyboard.type('First question')
	await keyboard.press('Enter')
	await page.locator('.answer .markdown', { hasText: 'First question' }).waitFor()
	await page.locator('.composer [type=submit]').waitFor()
	// Sending leaves the focus in the composer.
	expect(await focused(page)).toBe('message')
	// Another answer, by the key of an answer that has the focus.
	await keyboard.press('Shift+Tab')
	await page.locator('.talk').focus()
	await keyboard.press('r')
	await page.getByText('2 of 2').waitFor()
	await page.locator('.composer [type=submit]').waitFor()
	await keyboard.press('Alt+ArrowLeft')
	await page.getByText('1 of 2').waitFor()
	// The skip link is the first stop, and leads to the message box.
	await toStart(page)
	await keyboard.press('Tab')
	expect(await focused(page)).toBe('Skip to the message box')
	await keyboard.press('Enter')
	expect(await focused(page)).toBe('message')
	// Through the sidebar to the conversation: mark, new chat, search, then the list.
	await keyboard.press('Control+K')
	await page.getByRole('combobox').waitFor()
	await keyboard.press('Escape')
	await page.getByRole('combobox').waitFor({ state: 'detached' })
	expect(await focused(page)).toBe('message')
	await toStart(page)
	for (let stops = 0; stops < 12; stops++) {
		await keyboard.press('Tab')
		if ((await page.evaluate('document.activeElement.dataset.conversation')) !== undefined) break
	}
	await keyboard.press('F2')
	await page.locator('input:focus').waitFor()
	await keyboard.press('Control+A')
	await keyboard.type('Renamed')
	await keyboard.press('Enter')
	await page.getByRole('link', { name: 'Renamed' }).waitFor()
	await page.waitForFunction(() => document.activeElement?.textContent?.includes('Renamed') === true)
	await keyboard.press('Delete')
	await page.getByRole('button', { name: 'Undo' }).waitFor()
	// The end of the page: Undo is its last stop.
	expect(await page.getByRole('link', { name: 'Renamed' }).count()).toBe(0)
	for (let stops = 0; stops < 60 && (await focused(page)) !== 'Undo'; stops++) await keyboard.press('Shift+Tab')
	await keyboard.press('Enter')
	await page.getByRole('link', { name: 'Renamed' }).waitFor()
	await page.locator('.answer').waitFor()
	await keyboard.press('Control+K')
	await page.getByRole('combobox').waitFor()
	await keyboard.type('share')
	await page.getByRole('option', { name: 'Share', exact: true }).waitFor()
	await keyboard.press('Enter')
	await page.getByRole('button', { name: 'Create link' }).waitFor()
	for (let stops = 0; stops < 10 && (await focused(page)) !== 'Create link'; stops++) await keyboard.press('Tab')
	await keyboard.press('Enter')
	await page.getByRole('textbox', { name: 'Link' }).waitFor()
	expect(errors).toEqual([])
}, 120_000)

test('dialogs, popovers and panels give the focus back', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	await opened.ask('Hello')
	for (const [name, role] of [
		['Account', 'dialog'],
		['Search', 'dialog'],
	] as const) {
		const button = page.locator('.sidebar').getByRole('button', { name: new RegExp(`^${name}`) })
		await button.focus()
		await page.keyboard.press('Enter')
		await page.getByRole(role).waitFor()
		await page.keyboard.press('Escape')
		await page.getByRole(role).waitFor({ state: 'hidden' })
		expect(await button.evaluate((element) => element === document.activeElement)).toBe(true)
	}
	await page.locator('.model-button').focus()
	await page.keyboard.press('Enter')
	await page.locator(':popover-open').waitFor()
	await page.keyboard.press('Escape')
	expect(await page.locator('.model-button').evaluate((element) => element === document.activeElement)).toBe(true)
	const more = page.locator('li.conversation').first().getByRole('button', { name: 'More' })
	await more.focus()
	await page.keyboard.press('Enter')
	await page.locator(':popover-open').waitFor()
	await page.keyboard.press('Escape')
	expect(await more.evaluate((element) => element === document.activeElement)).toBe(true)
	await page.locator('.talk').focus()
	await page.keyboard.press('?')
	await page.getByRole('dialog', { name: 'Keyboard' }).waitFor()
	await page.keyboard.press('Escape')
	expect(await page.locator('.talk').evaluate((element) => element === document.activeElement)).toBe(true)
}, 60_000)

test('a screen reader reads the start and the end of an answer, paragraphs only if turned on, and errors once', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	// Every text of every live region, in order.
	await page.evaluate(`
		globalThis.announced = []
		new MutationObserver(() => {
			for (const region of document.querySelectorAll('[role=status], [role=alert]')) {
				const text = region.textContent.trim()
				if (text !== '' && announced.at(-1) !== text) announced.push(text)
			}
		}).observe(document.body, { subtree: true, childList: true, characterData: true })`)
	const announced = async () => (await page.evaluate('announced.splice(0)')) as readonly string[]
	await opened.ask('echo:delay 5 One two three')
	await page.getByRole('status').filter({ hasText: 'Answer complete, 3 tokens' }).waitFor({ state: 'attached' })
	expect((await announced()).filter((text) => !text.startsWith('Waiting'))).toEqual([
		'Answer started',
		'Answer complete, 3 tokens',
	])
	expect(await page.getByRole('log').getAttribute('aria-live')).toBe('off')
	await page.getByRole('button', { name: 'Account' }).click()
	await page.getByRole('link', { name: 'Settings' }).click()
	await page.getByLabel('Read answers while they stream').check()
	await page.goBack()
	await page.locator('.answer').waitFor()
	await opened.ask(`echo:delay 30 echo:say First paragraph.\n\n${words('second', 100)}\n\nThe third one is the last.`)
	expect((await announced()).some((text) => text.includes('First paragraph.') && !text.includes('last'))).toBe(true)
	await opened.ask('echo:error overloaded')
	expect(await page.getByRole('alert').count()).toBe(1)
}, 60_000)
