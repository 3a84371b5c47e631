// The record of weights that were fetched and verified: a small JSON file beside them, so that startup does not hash
// gigabytes. It does not read the weights themselves.

import { randomUUID } from 'node:crypto'
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { z } from 'zod'

const record = z.object({
	id: z.string().min(1),
	file: z
		.string()
		.min(1)
		.refine((file) => basename(file) === file),
	sizeBytes: z.int().min(1),
	sha256: z.string().regex(/^[0-9a-f]{64}$/),
	source: z.string(),
	fetchedAtMs: z.number(),
	/** Modification time of the file when it was verified. Absent in records of earlier versions. */
	modifiedMs: z.number().optional(),
})

export type WeightsRecord = Readonly<z.infer<typeof record>>

const suffix = '.weights.json'

/** Undefined if it is missing or unreadable. */
export async function readRecord(folder: string, id: string): Promise<WeightsRecord | undefined> {
	try {
		return record.parse(JSON.parse(await readFile(join(folder, `${id}${suffix}`), 'utf8')))
	} catch {
		return undefined
	}
}

export async function readRecords(folder: string): Promise<readonly WeightsRecord[]> {
	const names = await readdir(folder).catch(() => [])
	const ids = names.filter((name) => name.endsWith(suffix)).map((name) => name.slice(0, -suffix.length))
	const found = await Promise.all(ids.sort().map((id) => readRecord(folder, id)))
	return found.filter((one) => one !== undefined)
}

export async function writeRecord(folder: string, written: WeightsRecord): Promise<void> {
	const file = join(folder, `${written.id}${suffix}`)
	// Other processes may write the same record concurrently.
	const unfinished = `${file}.${randomUUID()}.new`
	await writeFile(unfinished, `${JSON.stringify(written, null, '\t')}\n`)
	await rename(unfinished, file).catch(async (thrown: unknown) => {
		await rm(unfinished, { force: true })
		throw thrown
	})
}

export async function removeRecord(folder: string, id: string): Promise<void> {
	await rm(join(folder, `${id}${suffix}`), { force: true })
}
