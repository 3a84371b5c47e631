// How the first API key reaches the operator: on a terminal it is printed once; anywhere else standard output ends up in a journal or a
// container's log for good, so the key goes into a file that only its owner can read.

import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFirstKey } from '../keys/first-key.ts'
import { hashSecret, isExpired } from '../keys/key.ts'
import type { KeyStore } from '../keys/key-store.ts'
import { describeSystemError } from '../system/system-error.ts'
import { Complaint } from './complaint.ts'

/** What the operator signs in with, if this start knows it. */
export type SignIn =
	/** Made by this start and printed. */
	| { readonly type: 'printed'; readonly secret: string }
	/** In a file of the data folder, made by this start or an earlier one; `secret` only if it may be printed. */
	| { readonly type: 'file'; readonly file: string; readonly secret?: string }
	/** `adminKey` of the configuration. */
	| { readonly type: 'configured' }
	/** Made earlier; only its hash is stored. */
	| { readonly type: 'known' }

export interface FirstKeyOptions {
	/** Whether the operator chose an admin key. */
	readonly configured: boolean
	/** Absolute. */
	readonly dataFolder: string
	/** Whether standard output is a terminal. */
	readonly terminal: boolean
	/** Milliseconds since 1970. */
	readonly nowMs: number
}

/**
 * Makes the first key if there is none, and finds the one of an earlier start in its file.
 *
 * @throws Complaint if the file cannot be written; no key exists then.
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
		// A file that exists would keep its mode.
		await rm(file, { force: true })
		await writeFile(file, `${secret}\n`, { mode: 0o600, flag: 'wx' })
	} catch (cause) {
		const reason = cause instanceof Error ? describeSystemError(cause) : String(cause)
		throw new Complaint(`The first API key cannot be written to ${file}: ${reason}`)
	}
}
