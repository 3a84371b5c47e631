// A new chat: where its text goes, and what a person may begin with.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { TestPages } from './page.testing.ts'

let pages: TestPages
beforeAll(async () => {
	pages = await TestPages.open()
}, 60_000)
afterAll(() => pages[Symbol.asyncDispose]())

test('says where the text goes, and starters fill the message box or open what they name', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	await page.getByText('The model runs on this server. Your text is sent to no other.').waitFor()
	await page.locator('.model-button').click()
	await page.getByRole('menuitemradio', { name: 'dead' }).click()
	await page.getByText('Your text is sent to the servers that run dead.').waitFor()
	await page.fill('#message', 'Notwithstanding the foregoing.')
	await page.getByRole('button', { name: 'Rewrite' }).click()
	expect(await page.inputValue('#message')).toBe(
		'Rewrite this paragraph in plain language:\n\nNotwithstanding the foregoing.',
	)
	await page.locator('#message:focus').waitFor()
	await page.fill('#message', '')
	const choosing = page.waitForEvent('filechooser')
	await page.getByRole('button', { name: 'Ask about a file' }).click()
	await (await choosing).setFiles({ name: 'notes.txt', mimeType: '', buffer: Buffer.from('Notes.') })
	await page.locator('.attachment', { hasText: 'notes.txt' }).waitFor()
	expect(await page.inputValue('#message')).toBe('Summarize this file.')
	await page.getByRole('button', { name: 'Get the code' }).click()
	await page.getByRole('complementary', { name: 'Same request as code' }).waitFor()
	await page.getByRole('button', { name: 'Compare two models' }).click()
	await page
		.getByRole('region', { name: /^Answers of/ })
		.nth(1)
		.waitFor()
	expect(opened.errors).toEqual([])
}, 60_000)

test('with one model, no comparison is offered, and the comparison says that it needs a second model', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	await page.route('**/v1/models', (route) => route.fulfill({ json: { data: [{ id: 'echo' }] } }))
	await page.reload()
	await page.getByRole('button', { name: 'Rewrite' }).waitFor()
	expect(await page.getByRole('button', { name: 'Compare two models' }).count()).toBe(0)
	await page.keyboard.press('Control+Shift+KeyM')
	await page.getByText('This server has only one model. Add a second one to compare answers.').waitFor()
	expect(opened.errors).toEqual([])
}, 60_000)

test('lists that the server refuses are requested again', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	await page.route('**/v1/models', (route) => route.fulfill({ status: 500, json: { error: { message: 'Broken.' } } }))
	await page.reload()
	await page.getByRole('alert').getByText('The lists of conversations and models could not be read.').waitFor()
	await page.getByText('The server says: Broken.').waitFor()
	await page.unroute('**/v1/models')
	await page.getByRole('button', { name: 'Try again' }).click()
	await page.locator('.model-button:not([disabled])').waitFor()
	await page.getByRole('alert').waitFor({ state: 'detached' })
}, 60_000)
