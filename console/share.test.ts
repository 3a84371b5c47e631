// Sharing a branch in the page, and reading it.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { TestPages } from './page.testing.ts'

let pages: TestPages
beforeAll(async () => {
	pages = await TestPages.open()
}, 60_000)
afterAll(() => pages[Symbol.asyncDispose]())

test('a share shows its branch up to then, is continued in a copy, and is revoked', async () => {
	const opened = await pages.openPage()
	const { page, errors } = opened
	await opened.ask('The question <b>first</b>')
	await page.keyboard.press('Control+K')
	await page.getByRole('combobox').fill('share')
	await page.getByRole('option', { name: 'Share', exact: true }).click()
	await page.getByText('They see no other branch and no later message.').waitFor()
	await page.getByRole('button', { name: 'Create link' }).click()
	const address = await page.getByRole('textbox', { name: 'Link' }).inputValue()
	await page.keyboard.press('Escape')
	await opened.ask('A later secret')
	const reader = await pages.openPage({}, `${address}#key=${pages.server.key}`)
	await reader.page.locator('.question', { hasText: 'The question <b>first</b>' }).waitFor()
	expect([await reader.answers(), await reader.page.getByText('A later secret').count()]).toEqual([
		[(await opened.answers())[0] ?? ''],
		0,
	])
	expect(await reader.page.locator('#message').count()).toBe(0)
	await reader.page.getByRole('button', { name: 'Continue in a copy of mine' }).click()
	await reader.page.locator('#message').waitFor()
	await reader.ask('And in my copy?')
	expect(await reader.answers()).toHaveLength(2)
	expect(reader.path).not.toBe(opened.path)
	await page.keyboard.press('Control+K')
	await page.getByRole('combobox').fill('share')
	await page.getByRole('option', { name: 'Share', exact: true }).click()
	await page.getByRole('button', { name: 'Stop sharing' }).click()
	await page.getByRole('textbox', { name: 'Link' }).waitFor({ state: 'detached' })
	await reader.page.goto(`${address}#key=${pages.server.key}`)
	await reader.page.getByText('There is no such share, or it has ended.').waitFor()
	expect([errors, reader.errors]).toEqual([[], []])
}, 60_000)
