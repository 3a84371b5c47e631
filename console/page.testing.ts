// The web page in a real browser with a real server, for the tests of this folder.

import {
	type Browser,
	type BrowserContext,
	type BrowserContextOptions,
	chromium,
	type Download,
	type Page,
} from 'playwright-core'
import { startServer, type TestServer } from '../test/server.ts'

export const longName = `${'a-model-name-of-eighty-characters-and-more'.repeat(2)}/instruct-q4`

const config = `
models:
  echo: { route: [echo] }
  second: { route: [echo], type: image-text-to-text }
  priced: { route: [echo], price: { input: 100, output: 2000, currency: EUR } }
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

export interface StoredConversation {
	readonly turns: readonly {
		readonly id: string
		readonly state: string
		readonly parent: string | null
		readonly metadata: Readonly<Record<string, string>>
	}[]
}

export class OpenPage {
	readonly page: Page
	/** The bodies of all requests for answers so far. */
	readonly bodies: Readonly<Record<string, unknown>>[] = []
	/** Script errors, requests blocked by the page's policy, and addresses that do not exist. */
	readonly errors: string[] = []
	private readonly context: BrowserContext
	private readonly server: TestServer

	constructor(page: Page, context: BrowserContext, server: TestServer) {
		this.page = page
		this.context = context
		this.server = server
		page.setDefaultTimeout(20_000)
		page.on('pageerror', (error) => this.errors.push(error.message))
		page.on('console', (message) => {
			if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
				this.errors.push(message.text())
		})
		page.on('response', (response) => {
			const { pathname } = new URL(response.url())
			if (response.status() === 404 && !pathname.startsWith('/openai/')) this.errors.push(`404 ${pathname}`)
		})
		page.on('request', (request) => {
			if (request.method() === 'POST' && request.url().endsWith('/v1/responses'))
				this.bodies.push(request.postDataJSON())
		})
	}

	/** Writes a question and sends it with Enter. */
	async send(question: string): Promise<void> {
		await this.page.fill('#message', question)
		await this.page.press('#message', 'Enter')
	}

	/** Asks a question and waits for the end of its answer. */
	async ask(question: string): Promise<void> {
		await this.send(question)
		// It is sent when the models and the conversation are loaded.
		await this.page.waitForFunction(() => document.querySelector<HTMLTextAreaElement>('#message')?.value === '')
		await this.answered()
	}

	/** Waits until the document has the title. */
	async titled(title: string): Promise<void> {
		await this.page.waitForFunction((wanted) => document.title === wanted, title)
	}

	/** Chooses an entry in the menu of an answer; by default of the last one. */
	async chooseInMenu(entry: string, answer = this.page.locator('.answer').last()): Promise<void> {
		await answer.getByRole('button', { name: 'More' }).click()
		await this.page.locator(':popover-open .menu-item', { hasText: entry }).click()
	}

	/** Opens a new chat with the keyboard. */
	async newChat(): Promise<void> {
		await this.page.keyboard.press('Alt+KeyN')
		await this.page.locator('.greeting').waitFor()
	}

	/** Opens the settings through the menu of the account. */
	async openSettings(): Promise<Page> {
		await this.page.getByRole('button', { name: 'Account' }).click()
		await this.page.getByRole('link', { name: 'Settings' }).click()
		await this.page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor()
		return this.page
	}

	/** Waits until no answer of the branch is in progress. */
	async answered(): Promise<void> {
		await this.page.locator('.composer [type=submit]').waitFor()
	}

	/** The texts of the answers on screen. */
	async answers(): Promise<readonly string[]> {
		return await this.page.locator('.answer .markdown').allInnerTexts()
	}

	/** Another tab with the same storage on this device, which `prepare` may change before it opens. */
	async anotherTab(path = '/', prepare?: (page: Page) => Promise<unknown>): Promise<OpenPage> {
		const tab = new OpenPage(await this.context.newPage(), this.context, this.server)
		await prepare?.(tab.page)
		await tab.page.goto(this.server.url + path)
		return tab
	}

	/** The conversation on screen, as the server has it. */
	async stored(): Promise<StoredConversation> {
		const [, id] = /\/c\/(conv_\w+)/.exec(this.path) ?? []
		const response = await this.server.call(`/openai/v1/conversations/${id}/export`)
		return (await response.json()) as StoredConversation
	}

	/** The path below the server, such as `/c/conv_…`. */
	get path(): string {
		return new URL(this.page.url()).pathname
	}
}

interface FurtherConfiguration {
	readonly models: readonly string[]
	readonly configured: readonly string[]
	readonly upstreams: readonly string[]
	readonly further: string
}

export class TestPages {
	readonly server: TestServer
	private readonly browser: Browser

	private constructor(server: TestServer, browser: Browser) {
		this.server = server
		this.browser = browser
	}

	/**
	 * @param options.models further models, by their names
	 * @param options.configured further models, as lines of the configuration
	 * @param options.upstreams further upstreams, as lines of the configuration
	 * @param options.further fields at the top level of the configuration
	 */
	static async open({
		models = [],
		configured = [],
		upstreams = [],
		further = '',
	}: Partial<FurtherConfiguration> = {}): Promise<TestPages> {
		const named = models.map((name) => `${JSON.stringify(name)}: { route: [echo] }`)
		const lines = [...named, ...configured].map((line) => `  ${line}\n`)
		const text = config.replace('upstreams:\n', `${lines.join('')}upstreams:\n`)
		const server = await startServer({ config: text + upstreams.map((line) => `  ${line}\n`).join('') + further })
		return TestPages.of(server)
	}

	/** Pages of a server, which ends with them. */
	static async of(server: TestServer): Promise<TestPages> {
		return new TestPages(server, await openBrowser())
	}

	/**
	 * A page with a storage of its own at `address`; by default signed in with the server's link. Without a service worker:
	 * tests could not change its requests.
	 */
	async openPage(options: BrowserContextOptions = {}, address?: string): Promise<OpenPage> {
		// What moves would be waited for before each click.
		const still = { reducedMotion: 'reduce', locale: 'en-GB', serviceWorkers: 'block' } as const
		const context = await this.browser.newContext({ ...still, ...options })
		const opened = new OpenPage(await context.newPage(), context, this.server)
		await opened.page.goto(address ?? `${this.server.url}/#key=${this.server.key}`)
		if (address === undefined) await signedIn(opened.page)
		return opened
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.browser.close()
		await this.server.stop()
	}
}

/** The browser that a run of all files shares, or else one of this file. */
function openBrowser(): Promise<Browser> {
	const shared = process.env.DRAGOMAN_TEST_BROWSER_ENDPOINT
	if (shared !== undefined) return chromium.connect(shared)
	return chromium.launch({
		executablePath: process.env.DRAGOMAN_TEST_BROWSER ?? '/usr/bin/chromium',
		args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'],
	})
}

/** Waits until the models are listed. */
export async function signedIn(page: Page): Promise<void> {
	await page.locator('.model-button:not([disabled])').waitFor()
}

/** The same word several times, as echo repeats it. */
export const words = (word: string, times: number): string => Array(times).fill(word).join(' ')

/** The text of a saved file. The browser may be a server of its own, which has no path for it. */
export async function textOfDownload(download: Download): Promise<string> {
	const chunks: Buffer[] = []
	for await (const chunk of await download.createReadStream()) chunks.push(Buffer.from(chunk))
	return Buffer.concat(chunks).toString()
}
