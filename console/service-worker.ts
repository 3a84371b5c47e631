// The service worker of the page: it stores the files of one build, so that the page opens without a network. It never stores
// or answers a request of the API. The build defines `SHELL`.

declare const SHELL: {
	/** Differs if the document or any file of the build does. */
	readonly version: string
	/** Names of the files that the page needs at first. */
	readonly files: readonly string[]
	/** A regular expression of the paths that have the document, from `/`. */
	readonly screens: string
}

interface WorkerEvent extends Event {
	waitUntil(work: Promise<unknown>): void
}
interface FetchEvent extends WorkerEvent {
	readonly request: Request
	respondWith(response: Promise<Response>): void
}
interface NotificationEvent extends WorkerEvent {
	readonly notification: { readonly data?: { readonly address?: unknown }; close(): void }
}
interface WindowClient {
	readonly url: string
	focus(): Promise<unknown>
	postMessage(message: unknown): void
}
interface Worker {
	readonly registration: { readonly scope: string }
	readonly clients: {
		claim(): Promise<void>
		matchAll(options: { readonly type: 'window' }): Promise<readonly WindowClient[]>
		openWindow(address: string): Promise<unknown>
	}
	skipWaiting(): Promise<void>
	addEventListener(type: 'install' | 'activate', listener: (event: WorkerEvent) => void): void
	addEventListener(type: 'fetch', listener: (event: FetchEvent) => void): void
	addEventListener(type: 'notificationclick', listener: (event: NotificationEvent) => void): void
	addEventListener(type: 'message', listener: (event: MessageEvent) => void): void
}

const worker = globalThis as unknown as Worker
/** The page's root. */
const scope = new URL(worker.registration.scope)
/** Several servers may have paths of one origin. */
const cachePrefix = `dragoman ${scope.pathname} `
const cacheName = cachePrefix + SHELL.version
const screens = new RegExp(SHELL.screens)
/** The name has a hash of the content. */
const hashedFile = /^page\/[\w-]+-[0-9a-z]{8}\.\w+$/
/** A server that takes longer to send the document is treated as unreachable. */
const documentMs = 5000

worker.addEventListener('install', (event) => event.waitUntil(store()))

worker.addEventListener('activate', (event) => event.waitUntil(replaceEarlier()))

worker.addEventListener('fetch', (event) => {
	const { request } = event
	if (request.method !== 'GET' || !request.url.startsWith(scope.href)) return
	const path = new URL(request.url).pathname.slice(scope.pathname.length)
	if (request.mode === 'navigate') {
		if (isScreen(request.url)) event.respondWith(openScreen(request))
	} else if (hashedFile.test(path)) event.respondWith(openFile(request))
	else if (SHELL.files.includes(path.replace(/^page\//, ''))) event.respondWith(openFixedFile(request))
})

worker.addEventListener('message', ({ data, ports }) => {
	if (data?.type === 'has-file') ports[0]?.postMessage(SHELL.files.includes(data.name))
	if (data?.type === 'activate') void worker.skipWaiting()
})

worker.addEventListener('notificationclick', (event) => {
	event.notification.close()
	event.waitUntil(showAddress(String(event.notification.data?.address)))
})

/** In a window of the page that is open, at best in one that shows it already, or else in a new one. */
async function showAddress(address: string): Promise<void> {
	const windows = (await worker.clients.matchAll({ type: 'window' })).filter(({ url }) => isScreen(url))
	const open = windows.find(({ url }) => withoutHash(url) === address) ?? windows[0]
	if (open === undefined) return void (await worker.clients.openWindow(address))
	open.postMessage({ type: 'open', address })
	await open.focus()
}

/** Other documents of the server, such as `docs`, cannot show a conversation. */
const isScreen = (url: string): boolean =>
	url.startsWith(scope.href) && screens.test(`/${new URL(url).pathname.slice(scope.pathname.length)}`)

const withoutHash = (url: string): string => url.replace(/#.*/s, '')

async function store(): Promise<void> {
	const cache = await caches.open(cacheName)
	const addresses = [scope.href, ...SHELL.files.map((name) => new URL(`page/${name}`, scope).href)]
	await cache.addAll(addresses.map((address) => new Request(address, { cache: 'no-cache' })))
}

async function replaceEarlier(): Promise<void> {
	const names = await caches.keys()
	const earlier = names.filter((name) => name.startsWith(cachePrefix) && name !== cacheName)
	await Promise.all(earlier.map((name) => caches.delete(name)))
	await worker.clients.claim()
}

/** The server's document, or else the stored one. */
async function openScreen(request: Request): Promise<Response> {
	try {
		const response = await fetch(request, { signal: AbortSignal.timeout(documentMs) })
		// A proxy answers in place of a server that is down.
		if (response.status < 502 || response.status > 504) return response
	} catch {
		// Without a network.
	}
	return storedDocument()
}

/** The document was stored for the root: its relative addresses are not valid at other addresses. */
async function storedDocument(): Promise<Response> {
	const stored = await (await caches.open(cacheName)).match(scope.href)
	if (stored === undefined) return Response.error()
	const content = (await stored.text()).replaceAll('"./page/', `"${scope.pathname}page/`)
	const headers = new Headers()
	for (const name of ['content-type', 'content-security-policy', 'referrer-policy', 'x-content-type-options']) {
		const value = stored.headers.get(name)
		if (value !== null) headers.set(name, value)
	}
	return new Response(content, { headers })
}

/** A file whose content never changes. */
async function openFile(request: Request): Promise<Response> {
	const cache = await caches.open(cacheName)
	const stored = await cache.match(request.url)
	if (stored !== undefined) return stored
	const response = await fetch(request)
	if (response.ok) await cache.put(request.url, response.clone())
	return response
}

async function openFixedFile(request: Request): Promise<Response> {
	try {
		return await fetch(request)
	} catch (failure) {
		const stored = await (await caches.open(cacheName)).match(request.url)
		if (stored === undefined) throw failure
		return stored
	}
}
