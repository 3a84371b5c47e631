// The keys of the whole page, and the list of them.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { TestPages } from './page.testing.ts'

let pages: TestPages
beforeAll(async () => {
	pages = await TestPages.open()
}, 60_000)
afterAll(() => pages[Symbol.asyncDispose]())

test('G and a letter open the console, forms are saved with Ctrl S, and the list has every key', async () => {
	const opened = await pages.openPage()
	const { page, errors } = opened
	await opened.ask('Hello')
	// In a text field the letters are text.
	await page.keyboard.type('gu')
	expect(await page.inputValue('#message')).toBe('gu')
	await page.fill('#message', '')
	const screens = { o: 'Overview', u: 'Usage and cost', l: 'Limits', k: 'Keys' }
	for (const [key, title] of Object.entries(screens)) {
		await page.evaluate('document.activeElement.blur()')
		await page.keyboard.press('g')
		await page.keyboard.press(key)
		await page.getByRole('heading', { name: title, level: 1 }).waitFor()
	}
	expect(opened.path).toBe('/console/keys')
	await page.goBack()
	await page.getByRole('heading', { name: 'Limits', level: 1 }).waitFor()
	await page.keyboard.press('Alt+KeyN')
	await page.locator('#message').waitFor()
	// A form of a dialog.
	await page.keyboard.press('Control+Shift+S')
	await page.keyboard.press('Control+Shift+S')
	await page.getByRole('link', { name: 'Hello' }).click()
	await page.locator('.answer').waitFor()
	await page.keyboard.press('Control+K')
	await page.getByRole('combobox').fill('tags')
	await page.getByRole('option', { name: 'Tags' }).waitFor()
	await page.keyboard.press('Enter')
	await page.getByRole('dialog', { name: 'Tags' }).getByRole('textbox').fill('one')
	await page.keyboard.press('Control+S')
	await page.getByRole('dialog').waitFor({ state: 'detached' })
	await page.locator('.conversation .tags', { hasText: 'one' }).waitFor()
	await page.locator('.talk').focus()
	await page.keyboard.press('?')
	const dialog = page.getByRole('dialog', { name: 'Keyboard' })
	await dialog.waitFor()
	const keys = (await dialog.locator('kbd').allTextContents()).join(', ')
	for (const key of [
		'Enter',
		'Esc',
		'↑',
		'Alt ←',
		'J / K',
		'C',
		'R / Shift R',
		'E',
		'T',
		'.',
		'/',
		'Ctrl K',
		'Alt N',
		'Ctrl ,',
	])
		expect(keys).toContain(key)
	for (const key of [
		'Ctrl Shift B',
		'Ctrl Shift S',
		'Ctrl S',
		'G O, G U, G L, G K',
		'Ctrl Shift K',
		'Ctrl .',
		'1 – 4 / 0',
		'?',
	])
		expect(keys).toContain(key)
	// Single keys can be turned off, and Ctrl Enter can send.
	await dialog.getByRole('link', { name: 'Change this in the settings' }).click()
	await page.getByRole('heading', { name: 'Questions and answers' }).waitFor()
	await page.waitForFunction(() => document.activeElement?.textContent === 'Questions and answers')
	await page.getByRole('group', { name: 'Send with' }).getByRole('radio', { name: 'Ctrl Enter' }).check({ force: true })
	await page.getByText('Enter begins a line.', { exact: true }).waitFor()
	await page.getByRole('button', { name: 'Show the keyboard list' }).click()
	expect(await dialog.locator('kbd').first().textContent()).toBe('Ctrl Enter')
	await page.keyboard.press('Escape')
	await page.getByLabel('Single keys').uncheck()
	await page.goBack()
	await page.locator('.answer').waitFor()
	await page.locator('.talk').focus()
	await page.keyboard.press('g')
	await page.keyboard.press('u')
	expect(opened.path).toStartWith('/c/')
	await page.locator('#message').focus()
	await page.keyboard.type('One')
	await page.keyboard.press('Enter')
	await page.keyboard.type('two')
	expect(await page.inputValue('#message')).toBe('One\ntwo')
	await page.keyboard.press('Control+Enter')
	await page.locator('.answer .markdown', { hasText: 'One' }).waitFor()
	await opened.answered()
	expect(errors).toEqual([])
}, 60_000)
