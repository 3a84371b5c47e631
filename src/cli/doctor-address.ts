// The check of `dragoman doctor` on the address to listen on: a port or a Unix socket. It listens on a port for a moment, and
// creates no file for a socket.

import { createServer } from 'node:net'
import { dirname } from 'node:path'
import { definedFields, isObject } from '../chat/json.ts'
import type { Settings } from '../config/settings.ts'
import { socketPathOf } from '../http/listen-address.ts'
import { findFolderFault } from '../system/writable-folder.ts'
import type { Diagnosis } from './diagnosis.ts'
import { listenError } from './listen-failure.ts'
import { reachableUrl, shellWord } from './program-words.ts'
import { lockFileOf, readSocketLock, readSocketState } from './socket-guard.ts'

const check = 'port'

export async function checkAddress({ config }: Settings): Promise<readonly Diagnosis[]> {
	const { listen } = config
	const path = socketPathOf(listen)
	return [path === undefined ? await checkPort(listen) : await checkSocket(listen, path)]
}

async function checkPort(listen: string): Promise<Diagnosis> {
	const colon = listen.lastIndexOf(':')
	const host = listen.slice(0, colon).replace(/^\[|\]$/g, '')
	const failure = await tryToListen(host, Number(listen.slice(colon + 1)))
	if (failure === undefined) return { check, status: 'ok', message: `${listen} is free` }
	const version = await runningVersion(reachableUrl(`http://${listen}`))
	if (version !== undefined) return running(listen, version)
	const { message } = listenError(listen, failure)
	return { check, status: 'failed', message, remedy: /in use/.test(message) ? otherProgram : 'Change `listen`.' }
}

const otherProgram = 'Stop the other program, or choose another address with --listen.'

async function checkSocket(listen: string, path: string): Promise<Diagnosis> {
	const state = await readSocketState(path)
	switch (state) {
		case 'used': {
			const version = await runningVersion('http://localhost', path)
			return version === undefined ? taken(listen, 'EADDRINUSE', otherProgram) : running(listen, version)
		}
		case 'occupied':
			return taken(listen, 'EEXIST', `Check what it is: ls -l ${shellWord(path)}`)
		case 'none':
		case 'stale':
			return (await checkSocketFolder(listen, path)) ?? (await checkSocketLock(listen, path, state))
		default:
			return state satisfies never
	}
}

async function checkSocketFolder(listen: string, path: string): Promise<Diagnosis | undefined> {
	const folder = dirname(path)
	const fault = await findFolderFault(folder)
	switch (fault) {
		case undefined:
			return undefined
		case 'missing':
			return taken(listen, 'ENOENT', `Create ${shellWord(folder)} for the user of the server.`)
		case 'read-only':
			return taken(listen, 'EACCES', `Run: chown USER ${shellWord(folder)}, with the user of the server.`)
		case 'full':
			return { check, status: 'failed', message: `the disk of ${folder} is full`, remedy: 'Free space on it.' }
		default:
			return fault satisfies never
	}
}

async function checkSocketLock(listen: string, path: string, state: 'none' | 'stale'): Promise<Diagnosis> {
	const lock = await readSocketLock(path)
	const message =
		state === 'none' ? `${listen} is free` : `${listen} is free: a server replaces the socket of a killed one`
	switch (lock) {
		case 'free':
			return { check, status: 'ok', message }
		case 'held':
			return taken(listen, 'EADDRINUSE', 'Wait until the other server has started or stopped.')
		case 'denied':
			return {
				check,
				status: 'failed',
				message: `Cannot listen on ${listen}: this user cannot write to ${lockFileOf(path)}`,
				remedy: 'Remove that file if no server uses the socket.',
			}
		default:
			return lock satisfies never
	}
}

/** With the message of `dragoman serve`. @param code of the system. */
function taken(listen: string, code: string, remedy: string): Diagnosis {
	const { message } = listenError(listen, Object.assign(new Error(code), { code }))
	return { check, status: 'failed', message, remedy }
}

function running(listen: string, version: string): Diagnosis {
	return { check, status: 'ok', message: `a Dragoman server (${version}) is running at ${listen}` }
}

function tryToListen(host: string, port: number): Promise<unknown> {
	return new Promise((resolve) => {
		const server = createServer()
		server.once('error', resolve)
		server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)))
	})
}

/** Timeout for the program that uses the address, in milliseconds. */
const versionTimeoutMs = 2000

/** @param unix the path of a Unix socket to connect to instead of the URL's host. */
async function runningVersion(url: string, unix?: string): Promise<string | undefined> {
	// A proxy in the environment does not reach this machine's own servers. Bun's types lack the value `false`.
	const direct = Object.assign(
		{ signal: AbortSignal.timeout(versionTimeoutMs) },
		{ proxy: false },
		definedFields({ unix }),
	)
	const body = await fetch(`${url}/version`, direct)
		.then((response): Promise<unknown> => response.json())
		.catch(() => undefined)
	return isObject(body) && body.name === 'dragoman' && typeof body.version === 'string' ? body.version : undefined
}
