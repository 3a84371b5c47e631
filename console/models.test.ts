// The list of models: 200 of them, found by name or alias, with the keyboard alone, and those that are unavailable.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { TestPages } from './page.testing.ts'
import { findModels } from './state/find-models.ts'

let pages: TestPages
beforeAll(async () => {
	pages = await TestPages.open({
		models: Array.from({ length: 200 }, (_, index) => `numbered-${index}`),
		configured: ['expensive: { route: [echo], aliases: [costly], price: { currency: EUR, input: 0.4, output: 1.2 } }'],
	})
}, 60_000)
afterAll(() => pages[Symbol.asyncDispose]())

test('a model is found and chosen with the keyboard', async () => {
	const opened = await pages.openPage({ viewport: { width: 390, height: 844 } })
	const { page, bodies } = opened
	const options = page.getByRole('menuitemradio')
	await page.keyboard.press('Control+Comma')
	await options.nth(204).waitFor({ state: 'attached' })
	await page.keyboard.type('number 19')
	expect(await options.count()).toBe(12)
	await page.keyboard.press('ArrowDown')
	await page.keyboard.press('ArrowDown')
	await page.keyboard.press('Enter')
	await page.locator('.model-button', { hasText: 'numbered-119' }).waitFor()
	await opened.ask('Hello')
	expect(bodies.at(-1)?.model).toBe('numbered-119')
	await page.keyboard.press('Control+Comma')
	await page.keyboard.type('nothing')
	await page.getByText('No model has this name.').waitFor()
	await page.getByRole('textbox', { name: 'Find a model' }).fill('costly')
	expect(await options.allTextContents()).toEqual([expect.stringContaining('€0.40 in, €1.20 out / M')])
	await page.keyboard.press('Enter')
	await page.locator('.model-button', { hasText: 'expensive' }).waitFor()
	await page.keyboard.press('Control+Comma')
	await page.keyboard.type('second')
	await page.getByRole('img', { name: 'Reads pictures' }).waitFor()
	expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390)
	await page.keyboard.press('Escape')
	await page
		.locator('.composer input[type=file]')
		.setInputFiles({ name: 'a.txt', mimeType: '', buffer: Buffer.from('word '.repeat(1000).trim()) })
	await page.getByText('1,000 tokens, €0.0004 with each message').waitFor()
	expect(opened.errors).toEqual([])
}, 60_000)

test('models without an upstream are last', () => {
	const models = [{ id: 'a', health: 'none', aliases: ['first'] }, { id: 'b', health: 'limited' }, { id: 'c' }] as const
	expect(findModels(models, '').map(({ id }) => id)).toEqual(['b', 'c', 'a'])
	expect(findModels(models, 'FIRST').map(({ id }) => id)).toEqual(['a'])
})
