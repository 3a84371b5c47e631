// The web page in a real browser with a real server, for the tests of this folder.

import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { startServer, type TestServer } from '../test/server.ts'

export const longName = `${'a-model-name-of-eighty-characters-and-more'.repeat(2)}/instruct-q4`

const config = `
models:
  echo: { route: [echo] }
  second: { route: [echo], type: image-text-to-text }
  ${longName}: { route: [echo] }
  brief: { route: [brief] }
  dead: { route: [dead], retry: { attempts: 1 } }
  vectors: { route: [echo], type: text-embeddings-inference }
  speech: { route: [echo], type: automatic-speech-recognition }
  ranks: { route: [echo], type: text-classification }
upstreams:
  echo: { engine: echo, contextTokens: 100000 }
  brief: { engine: echo, contextTokens: 30 }
  dead: { engine: openai-compatible, url: 'http://127.0.0.1:9/v1' }
`

export interface OpenPage {
	readonly page: Page
	/** The bodies of all chat requests so far. */
	readonly bodies: readonly { readonly model: string; readonly messages: readonly unknown[] }[]
	/** Script errors, and requests blocked by the page's content security policy. */
	readonly errors: readonly string[]
	/** Asks a question and waits for the end of its answer. */
	ask(question: string): Promise<void>
	/** Asks a question without waiting for the answer. */
	send(question: string): Promise<void>
	/** Another tab with the same storage on this device. */
	anotherTab(path?: string): Promise<OpenPage>
}

export class TestBrowser {
	readonly server: TestServer
	private readonly browser: Browser

	private constructor(server: TestServer, browser: Browser) {
		this.server = server
		this.browser = browser
	}

	static async open(): Promise<TestBrowser> {
		const server = await startServer({ config })
		const browser = await chromium.launch({
			executablePath: process.env.DRAGOMAN_TEST_BROWSER ?? '/usr/bin/chromium',
			args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'],
		})
		return new TestBrowser(server, browser)
	}

	/** A page with separate storage at `address`; by default signed in with the server's link. */
	async openPage(options: BrowserContextOptions = {}, address?: string): Promise<OpenPage> {
		const context = await this.browser.newContext(options)
		const openTab = async (address: string): Promise<OpenPage> => {
			const page = await context.newPage()
			page.setDefaultTimeout(20_000)
			const bodies: OpenPage['bodies'][number][] = []
			const errors: string[] = []
			page.on('pageerror', (error) => errors.push(error.message))
			page.on('console', (message) => {
				if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
					errors.push(message.text())
			})
			page.on('request', (request) => {
				if (request.url().endsWith('/chat/completions')) bodies.push(request.postDataJSON())
			})
			const send = async (question: string) => {
				await page.fill('#text', question)
				await page.press('#text', 'Enter')
			}
			await page.goto(address)
			return {
				page,
				bodies,
				errors,
				send,
				async ask(question) {
					await page.locator('#send:not([disabled])').waitFor()
					await send(question)
					await page.locator('#send').waitFor()
				},
				anotherTab: (path = '/') => openTab(this.server.url + path),
			}
		}
		const opened = await openTab(address ?? `${this.server.url}/#key=${this.server.key}`)
		if (address === undefined) await signedIn(opened.page)
		return opened
	}

	async close(): Promise<void> {
		await this.browser.close()
		await this.server.stop()
	}
}

/** Waits until the models are listed. */
export async function signedIn(page: Page): Promise<void> {
	await page.locator('#model option').first().waitFor({ state: 'attached' })
}

/** Waits until the page has rendered pending changes. */
export async function drawn(page: Page): Promise<void> {
	await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')
}
