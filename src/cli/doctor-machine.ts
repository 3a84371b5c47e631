// Checks of `dragoman doctor` on this machine: files, disk and clock.

import { lstat, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Settings } from '../config/settings.ts'
import { readTrustedTime } from '../system/clock-guard.ts'
import { findFolderFault, freeBytes } from '../system/writable-folder.ts'
import type { Diagnosis } from './diagnosis.ts'
import { shellWord } from './program-words.ts'

/** Bits of a mode that permit something to the group or to others. */
const foreignAccess = 0o077

export async function checkPermissions({ dataFolder, file }: Settings): Promise<readonly Diagnosis[]> {
	const check = 'permissions'
	const { path, isFolder } = await nearestPath(dataFolder)
	if (!isFolder)
		return [
			{
				check,
				status: 'failed',
				message: path === dataFolder ? `${path} is a file, not a folder` : `${path}, above the data folder, is a file`,
				remedy: 'Set the data folder with --data.',
			},
		]
	if (path !== dataFolder) {
		const fault = await findFolderFault(path)
		return fault === undefined
			? [{ check, status: 'ok', message: `${dataFolder} does not exist yet; the server creates it` }]
			: [
					{
						check,
						status: 'failed',
						message: `${dataFolder} does not exist, and ${path} is ${fault}`,
						remedy: 'Create the folder for the user of the server, or set another one with --data.',
					},
				]
	}
	if ((await findFolderFault(dataFolder)) === 'read-only')
		return [
			{
				check,
				status: 'failed',
				message: `this user cannot write to ${dataFolder}`,
				remedy: `Run: chown -R USER ${shellWord(dataFolder)}, with the user of the server.`,
			},
		]
	const open = await withForeignAccess([dataFolder, join(dataFolder, 'dragoman.sqlite'), join(dataFolder, 'first-key')])
	const diagnoses: readonly Diagnosis[] = open.map((path) => ({
		check,
		status: 'warning',
		message: `other users of this machine can access ${path}`,
		remedy: `Run: chmod -R go-rwx ${shellWord(path)}`,
	}))
	const readable = file === undefined ? dataFolder : `${dataFolder} and ${file}`
	return diagnoses.length > 0
		? diagnoses
		: [{ check, status: 'ok', message: `this user can use ${readable}, and no other user can read the data` }]
}

async function withForeignAccess(paths: readonly string[]): Promise<readonly string[]> {
	const modes = await Promise.all(
		paths.map(async (path) => ({ path, mode: (await lstat(path).catch(() => undefined))?.mode ?? 0 })),
	)
	return process.platform === 'win32'
		? []
		: modes.filter(({ mode }) => (mode & foreignAccess) !== 0).map(({ path }) => path)
}

/** The path itself, or its nearest ancestor that exists. */
async function nearestPath(path: string): Promise<{ readonly path: string; readonly isFolder: boolean }> {
	const found = await stat(path).catch(() => undefined)
	if (found !== undefined) return { path, isFolder: found.isDirectory() }
	const parent = dirname(path)
	return parent === path ? { path, isFolder: false } : nearestPath(parent)
}

/** Less is a warning: the database, its journal and a download need space, in bytes. */
const usualFreeBytes = 1_000_000_000

export async function checkDisk({ dataFolder }: Settings): Promise<readonly Diagnosis[]> {
	const check = 'disk'
	const { path: folder } = await nearestPath(dataFolder)
	const free = await freeBytes(folder)
	if ((await findFolderFault(folder)) === 'full')
		return [{ check, status: 'failed', message: `the disk of ${folder} is full`, remedy: 'Free space on it.' }]
	if (free === undefined) return [{ check, status: 'ok', message: `the disk of ${folder} does not report its size` }]
	const message = `${Math.round(free / 1_000_000)} MB are free on the disk of ${folder}`
	return free < usualFreeBytes
		? [{ check, status: 'warning', message, remedy: 'Free space on it before it is full.' }]
		: [{ check, status: 'ok', message }]
}

const dayMs = 86_400_000
/** No correct clock shows an earlier time, in milliseconds since 1970. */
const earliestMs = Date.UTC(2026, 0, 1)
/** Corrections of this size are usual, in milliseconds. */
const toleratedMs = 300_000

const clockCommand = process.platform === 'darwin' ? 'sudo sntp -sS time.apple.com' : 'timedatectl set-ntp true'

export async function checkClock({ dataFolder }: Settings): Promise<readonly Diagnosis[]> {
	const check = 'clock'
	const nowMs = Date.now()
	const now = new Date(nowMs).toISOString()
	const remedy = `Synchronize the clock, for example with \`${clockCommand}\`.`
	const trustedMs = await readTrustedTime(join(dataFolder, 'clock.json'))
	if (nowMs < earliestMs) return [{ check, status: 'failed', message: `the clock shows ${now}`, remedy }]
	if (trustedMs !== undefined && nowMs < trustedMs - toleratedMs) {
		const message = `the clock shows ${now}, before the last time that a server has seen (${new Date(trustedMs).toISOString()})`
		return [{ check, status: 'failed', message, remedy }]
	}
	if (trustedMs !== undefined && nowMs > trustedMs + 7 * dayMs) {
		const days = Math.floor((nowMs - trustedMs) / dayMs)
		const message = `the clock shows ${now}, ${days} days after the last time that a server has seen`
		return [{ check, status: 'warning', message, remedy: 'Check the date. It is correct if the server was off.' }]
	}
	return [{ check, status: 'ok', message: now }]
}
