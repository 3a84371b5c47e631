// The last part of a restore: what is replaced is moved to a folder, and the restored file gets the name of the
// database. These are several renames, so a file records the decision first; if the process ends, the next one that
// opens the database repeats the rest. The caller must be the only process that uses the database.

import { lstat, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { parseJson } from '../../chat/json-text.ts'
import { syncToDisk } from '../../system/disk-sync.ts'
import { fileSuffixes } from './file-check.ts'

const pendingRestore = z.object({
	/** Absolute path of the folder that receives what is replaced. */
	folder: z.string(),
	/** Absolute paths of what is replaced together with the database. */
	companions: z.array(z.string()),
})
export type PendingRestore = z.infer<typeof pendingRestore>

/** The name of a checked copy of a backup until it is the database. */
export function restoredFile(file: string): string {
	return `${file}.restored`
}

function decisionFile(file: string): string {
	return `${file}.restore.json`
}

/** Whether a restore has been decided and is not complete. */
export function isRestorePending(file: string): Promise<boolean> {
	return exists(decisionFile(file))
}

/** Records that `restoredFile(file)` replaces the database. From then on the restore is completed, not undone. */
export async function decideRestore(file: string, pending: PendingRestore): Promise<void> {
	const decision = decisionFile(file)
	const unfinished = `${decision}.tmp`
	await writeFile(unfinished, JSON.stringify(pending), { mode: 0o600 })
	await syncToDisk(unfinished)
	await rename(unfinished, decision)
	await syncToDisk(dirname(file))
}

/**
 * Completes a restore that was decided, if there is one.
 *
 * @param onStep called before each step, with a description.
 * @returns the paths that were moved.
 */
export async function completeRestore(file: string, onStep?: (step: string) => void): Promise<readonly string[]> {
	if (!(await isRestorePending(file))) return []
	const moved: string[] = []
	// Without the restored file, all renames have been done before.
	if (await exists(restoredFile(file))) {
		const pending = pendingRestore.parse(parseJson(await readFile(decisionFile(file), 'utf8')))
		for (const path of [...fileSuffixes.map((suffix) => `${file}${suffix}`), ...pending.companions]) {
			if (!(await exists(path))) continue
			onStep?.(`Setting aside ${path}`)
			await mkdir(pending.folder, { recursive: true, mode: 0o700 })
			await rename(path, join(pending.folder, basename(path)))
			moved.push(path)
		}
		if (moved.length > 0) await syncToDisk(pending.folder)
		await syncToDisk(dirname(file))
		onStep?.('Replacing the database')
		await rename(restoredFile(file), file)
		await syncToDisk(dirname(file))
	}
	onStep?.('Removing temporary files')
	await rm(decisionFile(file), { force: true })
	await syncToDisk(dirname(file))
	return moved
}

async function exists(path: string): Promise<boolean> {
	return (await lstat(path).catch(() => undefined)) !== undefined
}
