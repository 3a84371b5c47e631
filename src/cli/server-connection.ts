// Calls of a running server by the commands that are its clients: which server, with which key, and what its failures
// mean. It does not know the paths, except those that need no key.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Command, Option } from 'commander'
import { definedFields, isObject } from '../chat/json.ts'
import { clientVariables, readClientEnvironment } from '../config/environment.ts'
import { type ConfigFlags, readSettings, type Settings } from '../config/settings.ts'
import { socketPathOf, socketPathProblem } from '../http/listen-address.ts'
import { terminalLine } from '../system/terminal-text.ts'
import { CliError } from './cli-error.ts'
import { addConfigOptions, type CommandContext } from './command.ts'
import { commandProxy } from './command-proxy.ts'
import { reachableUrl } from './program-words.ts'

export interface ServerFlags extends ConfigFlags {
	readonly url?: string
	readonly key?: string
}

/** Adds the options of every command that calls a running server. */
export function addServerOptions(command: Command): Command {
	return addConfigOptions(command)
		.addOption(
			new Option(
				'--url <url>',
				`address of the server: http://HOST:PORT or unix:PATH; also ${clientVariables.url} (default: \`listen\` of the configuration)`,
			),
		)
		.addOption(
			new Option(
				'--key <key>',
				`API key; also ${clientVariables.key} (default on this machine: the admin key of the configuration, or the file first-key of the data folder)`,
			),
		)
}

/** The server responded with a status other than 2xx that is not about the key. */
export class RequestError extends CliError {
	/** Of the response. */
	readonly status: number

	constructor(message: string, status: number) {
		super(message)
		this.status = status
	}
}

export interface ServerConnection {
	/** Without a slash at the end; `unix:` and a path on a Unix socket. */
	readonly url: string
	/** Undefined if none is known. */
	readonly key: string | undefined
	/**
	 * Sends one request with the key.
	 *
	 * @throws CliError if there is no key, if the server does not respond, or for a status other than 2xx.
	 */
	send(path: string, request?: ServerRequest): Promise<Response>
	/** The same without a key, and for every status. @throws CliError if the server does not respond. */
	read(path: string): Promise<Response>
}

export interface ServerRequest {
	/** Sent as JSON with POST. */
	readonly body?: unknown
	/** The key is sent as a bearer token unless they contain `x-api-key`. */
	readonly headers?: Readonly<Record<string, string>>
	readonly signal?: AbortSignal | undefined
}

/** Timeout of requests without a body, in milliseconds. */
const timeoutMs = 10_000

/** @throws CliError for an invalid address, ConfigError if the configuration is needed and invalid. */
export async function connectServer(flags: ServerFlags, context: CommandContext): Promise<ServerConnection> {
	const environment = readClientEnvironment(context.environment)
	const given = flags.url ?? environment.url
	const key = flags.key?.trim() ?? environment.key
	const isComplete = given !== undefined && key !== undefined
	const settings = isComplete ? undefined : await readLocalSettings(flags, context, given !== undefined)
	const url = given === undefined ? localUrl(settings) : parseUrl(given)
	const credential = key === undefined ? await localKey(url, settings) : { key, origin: 'given' }
	const base = socketPathOf(url) === undefined ? url : 'http://localhost'
	const call = async (path: string, init: RequestInit): Promise<Response> => {
		try {
			return await fetch(base + path, connected(init, url, context))
		} catch (cause) {
			if (cause instanceof CliError) throw cause
			if (init.signal?.aborted === true && !isTimeout(init.signal.reason)) throw init.signal.reason
			throw unreachable(url, cause, given === undefined)
		}
	}
	return {
		url,
		key: credential?.key,
		read: (path) => call(path, { signal: AbortSignal.timeout(timeoutMs) }),
		async send(path, { body, headers, signal = body === undefined ? AbortSignal.timeout(timeoutMs) : undefined } = {}) {
			if (credential === undefined) throw new CliError(`No API key is known for ${url}: ${keyRemedy}`)
			if (!/^[\x21-\x7e]+$/.test(credential.key))
				throw new CliError(
					`The API key (${credential.origin}) has a space, a line end or a character that is not ASCII: ${useOfKey}`,
				)
			const response = await call(path, {
				method: body === undefined ? 'GET' : 'POST',
				headers: definedFields({
					authorization: headers?.['x-api-key'] === undefined ? `Bearer ${credential.key}` : undefined,
					'content-type': body === undefined ? undefined : 'application/json',
					...headers,
				}),
				body: body === undefined ? undefined : JSON.stringify(body),
				signal,
			})
			if (response.ok) return response
			const reason = await readFailure(response)
			if (response.status !== 401 && response.status !== 403) throw new RequestError(reason, response.status)
			throw new CliError(
				`The server at ${url} refuses the API key (${credential.origin}): ${withFullStop(reason)} To use another key, ${reason.includes('keys create') ? useOfKey : keyRemedy}`,
			)
		},
	}
}

/** An invalid configuration does not matter for a server that is named. */
async function readLocalSettings(
	flags: ServerFlags,
	{ environment }: CommandContext,
	isNamed: boolean,
): Promise<Settings | undefined> {
	const reading = readSettings(flags, environment)
	return isNamed ? reading.catch(() => undefined) : reading
}

const useOfKey = `set ${clientVariables.key} or --key.`
const keyRemedy = `${useOfKey} \`dragoman keys create --name NAME\` creates a key.`

function withFullStop(text: string): string {
	return /[.!?]$/.test(text) ? text : `${text}.`
}

/** The sentence of an error in any dialect. */
async function readFailure(response: Response): Promise<string> {
	const text = await response.text().catch(() => '')
	const message = messageIn(parsed(text))
	return terminalLine(
		message ?? `The server responded with status ${response.status}${text === '' ? '.' : `: ${text.slice(0, 200)}`}`,
	)
}

/** The message of an error object in any dialect, if there is one. */
export function messageIn(body: unknown): string | undefined {
	if (Array.isArray(body)) return messageIn(body[0])
	if (typeof body === 'string') return body
	if (!isObject(body)) return undefined
	for (const name of ['error', 'detail', 'message', 'msg']) {
		const found = body[name] === undefined ? undefined : messageIn(body[name])
		if (found !== undefined) return found
	}
	return undefined
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(text)
	} catch {
		return undefined
	}
}

function localUrl(settings: Settings | undefined): string {
	const listen = settings?.config.listen ?? ''
	return socketPathOf(listen) === undefined ? reachableUrl(`http://${listen}`) : listen
}

function parseUrl(given: string): string {
	const path = socketPathOf(given)
	const problem = path === undefined ? undefined : socketPathProblem(path)
	if (problem !== undefined) throw new CliError(`The address of the server: ${problem}`, 2)
	if (path !== undefined) return given
	const text = /^[a-z]+:\/\//i.test(given) ? given : `http://${given}`
	if (!URL.canParse(text) || !/^https?:/i.test(text))
		throw new CliError(`The address of the server is not a URL such as http://127.0.0.1:8080: ${hidden(given)}`, 2)
	const { origin, pathname } = new URL(text)
	// Addresses for clients of OpenAI end in /v1.
	return `${origin}${pathname}`.replace(/\/+(v1\/?)?$/, '')
}

/** A malformed address may contain a password. */
function hidden(given: string): string {
	return given.includes('@') ? 'its text is not shown, because it may contain a password' : `"${given}"`
}

interface Credential {
	readonly key: string
	/** For messages. */
	readonly origin: string
}

/** Only for the server of this configuration: its keys must not reach any other. */
async function localKey(url: string, settings: Settings | undefined): Promise<Credential | undefined> {
	if (settings === undefined || (url !== localUrl(settings) && !isLocal(url))) return undefined
	const { adminKey } = settings.config
	if (adminKey !== undefined) return { key: adminKey, origin: 'the admin key of the configuration' }
	const file = join(settings.dataFolder, 'first-key')
	const key = (await readFile(file, 'utf8').catch(() => '')).trim()
	return key === '' ? undefined : { key, origin: `from ${file}` }
}

/** Whether the server is on this machine. */
function isLocal(url: string): boolean {
	return socketPathOf(url) !== undefined || /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname)
}

/** Bun's types lack these options. @throws CliError if a proxy variable cannot be used. */
function connected(init: RequestInit, url: string, { environment }: CommandContext): RequestInit {
	const unix = socketPathOf(url)
	return Object.assign({}, init, { unix, proxy: unix === undefined ? commandProxy(url, environment) : false })
}

function isTimeout(reason: unknown): boolean {
	return reason instanceof DOMException && reason.name === 'TimeoutError'
}

function unreachable(url: string, cause: unknown, isConfigured: boolean): CliError {
	const code = String(Reflect.get(Object(cause), 'code'))
	const reason = isTimeout(cause)
		? `no response within ${timeoutMs / 1000} seconds`
		: (reasons[code] ?? (cause instanceof Error ? cause.message : String(cause)))
	const remedy = isConfigured
		? 'Start it with `dragoman serve`, or name another server with --url.'
		: 'Check the address, and that the server is running.'
	return new CliError(`No server responds at ${url}: ${reason}. ${remedy}`)
}

const reasons: Readonly<Record<string, string>> = {
	FailedToOpenSocket: 'the socket cannot be opened',
	ENOENT: 'the socket does not exist',
	ECONNREFUSED: 'the connection was refused',
	ConnectionRefused: 'the connection was refused',
	ECONNRESET: 'the connection was closed',
	ENOTFOUND: 'the host name cannot be resolved',
}
