// Configuration fields for text of a certain form: secrets, headers, URLs and folders. Messages about a secret do not
// show it.

import { isIPv4, isIPv6 } from 'node:net'
import { z } from 'zod'
import { baseUrlProblem, isHttpUrl } from '../http/base-url.ts'
import { socketPathOf, socketPathProblem } from '../http/listen-address.ts'
import { proxyProblem } from '../http/proxy.ts'
import { hideUrlSecrets } from '../system/redaction.ts'

const isEmpty = 'is empty'

/** Marks a field whose value is never shown. The configuration trims it and reads the file if it is `file:PATH`. */
const secretMark = { writeOnly: true } as const

/** Whether the metadata of a field marks it, and everything below it, as a secret. */
export function isSecretMark(meta: Readonly<Record<string, unknown>> | undefined): boolean {
	return meta?.writeOnly === secretMark.writeOnly
}

/** Certificates or keys. */
export function pemText() {
	return secretForm(
		/-----BEGIN [A-Z0-9 ]+-----/,
		'must be PEM, which contains a line -----BEGIN …-----; file:PATH reads it from a file',
	)
}

/** A secret of a form that `remedy` describes. */
export function secretForm(form: RegExp, remedy: string) {
	return z.string().regex(form, remedy).meta(secretMark)
}

/** A secret that is sent in a header. */
export function headerSecret(minLength = 1) {
	return z
		.string()
		.min(minLength, {
			error: ({ input }) =>
				input === '' ? isEmpty : `is ${String(input).length} characters long; at least ${minLength} are needed`,
		})
		.check(explained(unsendable))
		.meta(secretMark)
}

/** Headers that frame the message. The HTTP client writes them; a second one would make servers misread the request. */
const framingHeaders: ReadonlySet<string> = new Set([
	'content-length',
	'expect',
	'te',
	'trailer',
	'transfer-encoding',
	'upgrade',
])

/** Headers by name. Their values are treated as secrets. */
export function headers() {
	return z.record(
		z.string().check(
			explained((name) => {
				if (!/^[!#$%&'*+\-.^_`|~\w]+$/.test(name)) return 'is not the name of a header, such as x-api-version'
				return framingHeaders.has(name.toLowerCase()) ? 'is written by the HTTP client itself: remove it' : undefined
			}),
		),
		z.string().check(explained(unsendable)).meta(secretMark),
	)
}

/** Values of any form. All of them are treated as secrets. */
export function secretValues() {
	return z.record(z.string(), z.json()).meta(secretMark)
}

/** The address of an HTTP server. */
export function httpUrl() {
	return z.url({ protocol: /^https?$/, error: explainUrl }).superRefine((url, context) => {
		// Text that is not such a URL has its own message.
		const problem = isHttpUrl(url) ? baseUrlProblem(url) : undefined
		if (problem !== undefined) context.addIssue({ code: 'custom', message: problem })
	})
}

/** The value of a proxy field that selects a direct connection. */
export const noProxyWord = 'none'

/** The URL of an HTTP proxy, which may contain credentials, or the word for a direct connection. */
export function proxyUrl() {
	return z
		.string()
		.min(1, isEmpty)
		.check(
			explained((text) => {
				const problem = text === noProxyWord ? undefined : proxyProblem(text)
				return problem === undefined ? undefined : `cannot be used: ${problem}`
			}),
		)
		.meta(secretMark)
}

/** An address to listen on: host:port, or `unix:` with the absolute path of a socket. A port alone does not specify who may connect, so it is rejected. */
export function listenAddress() {
	return z
		.string({ error: ({ input }) => (typeof input === 'number' ? explainListenAddress(String(input)) : undefined) })
		.check(explained(explainListenAddress))
		.meta({ pattern: `^unix:/.*[^/]$|${listenPattern.source}` })
}

const listenPattern = /^(\[[0-9a-fA-F:.]+\]|[^:[\]/\s]+):(\d{1,5})$/
const highestPort = 65_535

function explainListenAddress(address: string): string | undefined {
	const path = socketPathOf(address)
	if (path !== undefined) return socketPathProblem(path)
	if (address.startsWith('/')) return `${JSON.stringify(address)} is a path: write unix:${address} for a Unix socket`
	const [, port] = /^:?(\d+)$/.exec(address) ?? []
	if (port !== undefined)
		return `${JSON.stringify(address)} names no host: write 127.0.0.1:${port} for this machine only, or 0.0.0.0:${port} for every network`
	const [, host = '', given] = listenPattern.exec(address) ?? []
	if (given === undefined)
		return `${JSON.stringify(address)} is not an address: write host:port, such as 127.0.0.1:8080, or unix:PATH`
	if (host === '*') return `"*" is not a host: write 0.0.0.0:${given} for every network, or [::]:${given} with IPv6`
	if (!isHost(host)) return `${JSON.stringify(host)} is neither an IP address nor a host name`
	return Number(given) > highestPort ? `port ${given} does not exist: the highest is ${highestPort}` : undefined
}

/** A host of digits and dots only is an address, never a name (RFC 3696, section 2). */
function isHost(host: string): boolean {
	if (host.startsWith('[')) return isIPv6(host.slice(1, -1))
	return /^[\d.]+$/.test(host) ? isIPv4(host) : /^[\w-]+(\.[\w-]+)*\.?$/.test(host)
}

/** A folder or a file. */
export function pathText() {
	return z
		.string()
		.min(1, isEmpty)
		.check(
			explained((path) =>
				/^~(\/|$)/.test(path) ? '"~" is not expanded: write the whole path, or $' + '{HOME} instead of ~' : undefined,
			),
		)
}

/** Adds a check that returns an error message for a text, or undefined. */
function explained(explain: (text: string) => string | undefined) {
	return z.superRefine<string>((text, context) => {
		const message = explain(text)
		if (message !== undefined) context.addIssue({ code: 'custom', message })
	})
}

function unsendable(text: string): string | undefined {
	const at = text.search(/[^\t\x20-\x7e]/)
	if (at === -1) return undefined
	const code = text.charCodeAt(at)
	const kind =
		code === 10 || code === 13 ? 'a line end' : code < 32 || code === 127 ? 'a control character' : 'not ASCII'
	return `cannot be sent in an HTTP header: character ${at + 1} is ${kind}`
}

function explainUrl(issue: z.core.$ZodRawIssue): string | undefined {
	if (typeof issue.input !== 'string') return undefined
	if (issue.input === '') return 'is empty: write a URL, such as http://127.0.0.1:8000/v1'
	const shown = JSON.stringify(hideUrlSecrets(issue.input))
	return /^https?:\/\//i.test(issue.input)
		? `${shown} is not a valid URL, such as http://127.0.0.1:8000/v1`
		: `${shown} is not a URL: begin it with http:// or https://`
}
