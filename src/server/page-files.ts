// Serves the built web page: its document at every address of the page, the page of the APIs, and their files. It does not know how the page is built.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { parseJson } from '../chat/json-text.ts'
import { acceptsCoding } from '../http/content-coding.ts'
import type { Received } from '../http/received.ts'

/** For a page that loads nothing from other origins and cannot be embedded. Its scripts never turn text into elements or code. */
const policy = [
	"default-src 'none'",
	"script-src 'self'",
	"style-src 'self'",
	"font-src 'self'",
	"img-src 'self' blob: data:",
	"connect-src 'self'",
	"manifest-src 'self'",
	"worker-src 'self'",
	"frame-src 'self'",
	"base-uri 'none'",
	"form-action 'self'",
	"frame-ancestors 'none'",
	"require-trusted-types-for 'script'",
	'trusted-types dragoman',
].join('; ')

/**
 * For the frame that draws diagrams of answers: an opaque origin, so that it has nothing of the page's, and no network. The
 * library writes inline styles.
 */
const diagramPolicy = [
	"default-src 'none'",
	"script-src 'self'",
	"style-src 'unsafe-inline'",
	"connect-src 'none'",
	"base-uri 'none'",
	"form-action 'none'",
	"frame-ancestors 'self'",
	'sandbox allow-scripts',
].join('; ')

/**
 * For the page of the APIs. Its library makes elements from text that it has sanitized, and sends the requests that a
 * reader tries.
 */
const apiPolicy = [
	"default-src 'none'",
	"script-src 'self'",
	"style-src 'self'",
	"img-src 'self' data:",
	"font-src 'self'",
	"connect-src 'self'",
	"base-uri 'none'",
	"form-action 'none'",
	"frame-ancestors 'none'",
].join('; ')

const diagramPath = '/page/diagram'
const apiPage = /^\/docs\/?$/

const commonHeaders = { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' }

const contentTypes: Readonly<Record<string, string>> = {
	css: 'text/css; charset=utf-8',
	js: 'text/javascript; charset=utf-8',
	json: 'application/json',
	png: 'image/png',
	svg: 'image/svg+xml',
	webmanifest: 'application/manifest+json',
	woff2: 'font/woff2',
}

/** Compressed copies that the build writes, best first: the suffix of the file, and the name of the coding. */
const codings = [
	['.br', 'br'],
	['.gz', 'gzip'],
] as const

/**
 * The paths of the page's screens: the document is the same at each. Dialects have no such paths. Their length is bounded, since each part
 * of a path lengthens every address in the document.
 */
export const screens =
	/^\/(?:c\/[\w-]+|compare(?:\/[\w-]+)?|s\/[\w-]+|settings|sign-in(?:\/device)?|console(?:\/.{0,300})?)?$/

const builtPage = z.object({
	document: z.string(),
	languages: z.record(z.string(), z.string()),
	diagram: z.string(),
	api: z.string(),
	hashed: z.array(z.string()),
	fixed: z.array(z.string()),
})

export class PageFiles {
	private readonly folder: string
	private readonly document: string
	/** Names of scripts by the tags of their languages; the first script has the English of the chat. */
	private readonly languages: ReadonlyMap<string, string>
	private readonly diagram: string
	private readonly api: string
	/** Whether the content under a name never changes. */
	private readonly files: ReadonlyMap<string, boolean>

	private constructor(folder: string, { document, languages, diagram, api, hashed, fixed }: z.infer<typeof builtPage>) {
		this.folder = folder
		this.document = document
		this.languages = new Map(Object.entries(languages))
		this.diagram = diagram
		this.api = api
		const names = [...hashed.map((name) => [name, true] as const), ...fixed.map((name) => [name, false] as const)]
		this.files = new Map(names)
	}

	/** @throws Error if the folder has no built page. */
	static async open(folder: string): Promise<PageFiles> {
		return new PageFiles(folder, builtPage.parse(parseJson(await readFile(join(folder, 'page.json'), 'utf8'))))
	}

	/** @param path a normalized path. */
	has(path: string): boolean {
		return screens.test(path) || apiPage.test(path) || path === diagramPath || this.fileAt(path) !== undefined
	}

	/** The response to GET, or undefined if the page has no such path. */
	async find({ path, headers }: Pick<Received, 'path' | 'headers'>): Promise<Response | undefined> {
		if (screens.test(path)) {
			const document = this.document.replace('{language}', this.languageLink(headers.get('accept-language') ?? ''))
			return new Response(documentAt(path, document), { headers: { ...documentHeaders, vary: 'accept-language' } })
		}
		if (apiPage.test(path)) return new Response(documentAt(path, this.api), { headers: apiHeaders })
		if (path === diagramPath) return new Response(this.diagram, { headers: diagramHeaders })
		const name = this.fileAt(path)
		return name === undefined ? undefined : this.serve(name, headers.get('accept-encoding') ?? '')
	}

	/**
	 * The page chooses its language itself, after its first script has run. Until then, the browser loads the one that it will choose
	 * without a person's choice: the first that exists, in the order of the header.
	 */
	private languageLink(accepted: string): string {
		for (const range of accepted.toLowerCase().split(',')) {
			const [tag = ''] = range.trim().split(/[-;]/)
			const script = this.languages.get(tag)
			if (script !== undefined) return `<link rel="modulepreload" href="{base}page/${script}" />`
			if (tag === 'en') return ''
		}
		return ''
	}

	private fileAt(path: string): string | undefined {
		// Browsers request this path without a link to it.
		if (path === '/favicon.ico') return 'logo.svg'
		const name = path.startsWith('/page/') ? path.slice('/page/'.length) : ''
		return this.files.has(name) ? name : undefined
	}

	private async serve(name: string, accepted: string): Promise<Response> {
		const file = join(this.folder, name)
		const headers = new Headers({
			...commonHeaders,
			'content-type': contentTypes[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream',
			'cache-control': this.files.get(name) === true ? 'public, max-age=31536000, immutable' : 'no-cache',
			vary: 'accept-encoding',
		})
		// Its folder is below the addresses that it serves.
		if (name === 'service-worker.js') headers.set('service-worker-allowed', '../')
		for (const [suffix, coding] of codings) {
			if (!acceptsCoding(accepted, coding)) continue
			const copy = Bun.file(file + suffix)
			if (!(await copy.exists())) continue
			headers.set('content-encoding', coding)
			return new Response(copy, { headers })
		}
		return new Response(Bun.file(file), { headers })
	}
}

/** The addresses of its files are relative, so that they are correct below any path of a proxy. */
function documentAt(path: string, document: string): string {
	const depth = path.split('/').length - 2
	return document.replaceAll('{base}', depth === 0 ? './' : '../'.repeat(depth))
}

const diagramHeaders = headersWith(diagramPolicy)
const documentHeaders = headersWith(policy)
const apiHeaders = headersWith(apiPolicy)

/** The headers of a document with this policy. */
function headersWith(contentPolicy: string): Readonly<Record<string, string>> {
	return {
		...commonHeaders,
		'content-type': 'text/html; charset=utf-8',
		'content-security-policy': contentPolicy,
		'cache-control': 'no-cache',
	}
}
