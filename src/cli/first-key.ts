// Delivers the first API key to the operator. On a terminal it is printed once. Otherwise standard output may be stored in a journal or a
// container's log, so the key is written to a file that only its owner can read.

import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFirstKey } from '../keys/first-key.ts'
import { hashSecret, isExpired } from '../keys/key.ts'
import type { KeyStore } from '../keys/key-store.ts'
import { describeSystemError } from '../system/system-error.ts'
import { CliError } from './cli-error.ts'

/** The credential that the operator signs in with, if it is known at this start. */
export type SignIn =
	/** Created by this start and printed. */
	| { readonly type: 'printed'; readonly secret: string }
	/** In a file of the data folder, created by this start or an earlier one; `secret` only if it may be printed. */
	| { readonly type: 'file'; readonly file: string; readonly secret?: string }
	/** `adminKey` in the configuration. */
	| { readonly type: 'configured' }
	/** Created earlier; only its hash is stored. */
	| { readonly type: 'known' }

export interface FirstKeyOptions {
	/** Whether an admin key is configured. */
	readonly configured: boolean
	/** Absolute. */
	readonly dataFolder: string
	/** Whether standard output is a terminal. */
	readonly terminal: boolean
	/** Milliseconds since 1970. */
	readonly nowMs: number
}

/**
 * Creates the first key if there is none, and reads the one of an earlier start from its file.
 *
 * @throws CliError if the file cannot be written; no key exists then.
 */
export async function signIn(
	keys: KeyStore,
	{ configured, dataFolder, terminal, nowMs }: FirstKeyOptions,
): Promise<SignIn> {
	if (configured) return { type: 'configured' }
	const file = join(dataFolder, 'first-key')
	const made = await makeFirstKey(keys, nowMs, async (secret) => {
		if (!terminal) await writeSecret(file, secret)
	})
	if (made !== undefined) return terminal ? { type: 'printed', secret: made } : { type: 'file', file }
	const secret = (await readFile(file, 'utf8').catch(() => '')).trim()
	const key = secret === '' ? undefined : await keys.findByHash(hashSecret(secret))
	if (key === undefined || key.revokedAtMs !== null || isExpired(key, nowMs)) return { type: 'known' }
	return terminal ? { type: 'file', file, secret } : { type: 'file', file }
}

async function writeSecret(file: string, secret: string): Promise<void> {
	try {
		// Writing to an existing file would not change its mode.
		await rm(file, { force: true })
		await writeFile(file, `${secret}\n`, { mode: 0o600, flag: 'wx' })
	} catch (cause) {
		const reason = cause instanceof Error ? describeSystemError(cause) : String(cause)
		throw new CliError(`The first API key cannot be written to ${file}: ${reason}`)
	}
}
