// The web page in a real browser, against a real server.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type Browser, chromium, type Page } from 'playwright-core'
import { startServer, type TestServer } from '../test/server.ts'

let server: TestServer
let browser: Browser
let page: Page
const complaints: string[] = []

beforeAll(async () => {
	server = await startServer()
	browser = await chromium.launch({
		executablePath: process.env.DRAGOMAN_TEST_BROWSER ?? '/usr/bin/chromium',
		args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'],
	})
	page = await browser.newPage()
	page.on('pageerror', (error) => complaints.push(error.message))
	page.on('console', (message) => {
		if (message.type() === 'error' && !message.text().includes('401')) complaints.push(message.text())
	})
	await page.goto(server.url)
}, 60_000)
afterAll(async () => {
	await browser.close()
	await server.stop()
})

const turns = () => page.locator('.turn').allTextContents()

test('asks for a key, and says when it is wrong', async () => {
	expect(await page.locator('#note').textContent()).toContain('Paste the API key')
	await page.fill('#key', 'dgm-wrong')
	await page.locator('#key').blur()
	await page.locator('#note', { hasText: 'Incorrect API key provided' }).waitFor()
	expect(await page.locator('#send').isDisabled()).toBe(true)
}, 60_000)

test('lists the models and chats, keeping the conversation', async () => {
	await page.fill('#key', server.key)
	await page.locator('#key').blur()
	await page.locator('#model option', { hasText: 'echo' }).waitFor({ state: 'attached' })
	await page.fill('#text', 'Hello <b>there</b>')
	await page.click('#send')
	await page.locator('.assistant', { hasText: 'Hello <b>there</b>' }).waitFor()
	await page.locator('#send').waitFor()
	await page.fill('#text', 'Second')
	await page.press('#text', 'Enter')
	await page.locator('.assistant', { hasText: 'Second' }).waitFor()
	expect(await turns()).toEqual(['Hello <b>there</b>', 'Hello <b>there</b>', 'Second', 'Second'])
}, 60_000)

test('shows an error of the model', async () => {
	await page.locator('#send').waitFor()
	await page.fill('#text', 'echo:error overloaded')
	await page.click('#send')
	await page.locator('.wrong').waitFor()
	expect(await page.locator('.wrong').textContent()).not.toBe('')
}, 60_000)

test('stops a stream', async () => {
	await page.click('#clear')
	await page.fill('#text', 'echo:delay 50\necho:repeat 1000 word')
	await page.click('#send')
	await page.locator('.assistant', { hasText: 'word' }).waitFor()
	await page.click('#stop')
	await page.locator('#send').waitFor()
	expect((await turns())[1]?.length).toBeLessThan(4000)
}, 60_000)

test('loads nothing that its own policy refuses', () => {
	expect(complaints.filter((complaint) => !complaint.includes('503'))).toEqual([])
})
