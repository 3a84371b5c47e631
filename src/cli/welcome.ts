// The text that a server prints when it is listening: the addresses of the pages, a first request, and further commands.
// Every command can be copied into a shell unchanged.

import { join, resolve } from 'node:path'
import { openConfiguredLog } from '../config/configured-log.ts'
import type { Settings } from '../config/settings.ts'
import { socketPathOf } from '../http/listen-address.ts'
import type { KeyStore } from '../keys/key-store.ts'
import { isModelPattern, type Model } from '../routing/model.ts'
import { systemClock } from '../system/clock.ts'
import type { CommandContext } from './command.ts'
import { type SignIn, signIn } from './first-key.ts'
import { packageFolder, programWords, reachableUrl, shellWord } from './program-words.ts'

export interface WelcomeFacts {
	readonly version: string
	/** The address served on: `http://host:port`, or `unix:` and a path. */
	readonly url: string
	readonly signIn: SignIn
	/** As configured. */
	readonly models: readonly Pick<Model, 'name' | 'type'>[]
	/**
	 * The command that runs this program, and the flags that select the database and the configuration of this server.
	 */
	readonly next: { readonly program: readonly string[]; readonly flags: readonly string[] }
}

/** Prints the welcome text of a server that listens on `url`. Creates the first API key if none exists. */
export async function printWelcome(
	url: string,
	{ keys }: { readonly keys: KeyStore },
	settings: Settings,
	{ print, terminal, version }: CommandContext,
): Promise<void> {
	const { dataFolder, config } = settings
	const known = await signIn(keys, {
		configured: config.adminKey !== undefined,
		dataFolder,
		terminal,
		nowMs: systemClock.now(),
	})
	if (known.type === 'file') openConfiguredLog(settings).info({ file: known.file }, 'the first API key is in a file')
	const models = Object.entries(config.models)
		.filter(([name]) => !isModelPattern(name))
		.map(([name, { type }]) => ({ name, type }))
	const next = { program: programWords(process.cwd()), flags: nextFlags(settings, process.cwd()) }
	// In one write, so that the reader of a pipe receives all of it with its first line.
	print(welcome({ version, url, signIn: known, models, next }))
}

/** Flags that select the database and the configuration of this server for another command, in any folder. */
function nextFlags({ file, dataFolder }: Pick<Settings, 'file' | 'dataFolder'>, folder: string): readonly string[] {
	const data = dataFolder === join(folder, '.dragoman') && folder === packageFolder ? [] : ['--data', dataFolder]
	return [...data, ...(file === undefined ? [] : ['--config', resolve(file)])]
}

/** The welcome text. */
export function welcome({ version, url, signIn, models, next }: WelcomeFacts): string {
	const socket = socketPathOf(url)
	const base = socket === undefined ? reachableUrl(url) : `--unix-socket ${shellWord(socket)} http://localhost`
	const createKey = [...next.program, 'keys', 'create', '--name', 'NAME', ...next.flags].map(shellWord).join(' ')
	return [
		`Dragoman ${version} listens on ${url}`,
		'',
		...(socket === undefined
			? [...describeSignIn(base, signIn), `  API documentation:  ${base}/docs`]
			: describeKey(signIn)),
		'',
		'  Send a first request:',
		`  ${curl(base, bearer(signIn), models.find(({ type }) => chats.has(type))?.name ?? 'MODEL')}`,
		'',
		`  Create another API key:  ${createKey}`,
		'',
	].join('\n')
}

const chats: ReadonlySet<Model['type']> = new Set(['text-generation', 'image-text-to-text'])

function describeSignIn(base: string, signIn: SignIn): readonly string[] {
	switch (signIn.type) {
		case 'printed':
			return [
				`  Chat in the browser:  ${base}/#key=${signIn.secret}`,
				`  Your API key, shown this once:  ${signIn.secret}`,
			]
		case 'file':
			return [
				`  Your API key is in ${signIn.file}, a file that only its owner can read.`,
				`  Chat in the browser:  ${base}/${signIn.secret === undefined ? '' : `#key=${signIn.secret}`}`,
			]
		case 'configured':
			return [`  Chat in the browser, signed in with the configured admin key:  ${base}/`]
		case 'known':
			return [`  Chat in the browser, signed in with an API key:  ${base}/`]
	}
}

/** For a server on a Unix socket, which a browser cannot open. */
function describeKey(signIn: SignIn): readonly string[] {
	switch (signIn.type) {
		case 'printed':
			return [`  Your API key, shown this once:  ${signIn.secret}`]
		case 'file':
			return [`  Your API key is in ${signIn.file}, a file that only its owner can read.`]
		case 'configured':
		case 'known':
			return ['  For a browser, put a web server in front of the socket.']
	}
}

/** The credential after `Bearer`, within double quotes of a shell. */
function bearer(signIn: SignIn): string {
	switch (signIn.type) {
		case 'printed':
			return signIn.secret
		case 'file':
			return `$(cat ${shellWord(signIn.file)})`
		case 'configured':
			return '$DRAGOMAN_ADMIN_KEY'
		case 'known':
			return '$KEY'
	}
}

function curl(base: string, key: string, model: string): string {
	const body = JSON.stringify({
		model,
		stream: true,
		messages: [{ role: 'user', content: 'What is the capital of France?' }],
	})
	return `curl -N ${base}/v1/chat/completions -H "authorization: Bearer ${key}" -H "content-type: application/json" -d ${shellWord(body)}`
}
