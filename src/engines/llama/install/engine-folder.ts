// The marker file of an engine folder, which records what is installed. It is written last, so that an interrupted
// installation counts as none. This module starts no process and loads no library.

import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { builds } from './build.ts'

const installed = z.object({
	/** Version of node-llama-cpp. */
	version: z.string(),
	builds: z.array(z.enum(builds)),
	packages: z.array(z.string()),
})

export type InstalledEngine = Readonly<z.infer<typeof installed>>

const markerName = 'installed.json'

/** The library in `folder`, or undefined if it is missing, incomplete or only partly installed. */
export async function engineInstalled(folder: string): Promise<InstalledEngine | undefined> {
	try {
		const marker = installed.parse(JSON.parse(await readFile(join(folder, markerName), 'utf8')))
		for (const name of ['node-llama-cpp', ...marker.packages])
			await stat(join(folder, 'node_modules', name, 'package.json'))
		return marker
	} catch {
		return undefined
	}
}

export async function writeMarker(folder: string, engine: InstalledEngine): Promise<void> {
	const file = join(folder, markerName)
	await writeFile(`${file}.new`, `${JSON.stringify(engine, null, '\t')}\n`)
	await rename(`${file}.new`, file)
}

export async function removeMarker(folder: string): Promise<void> {
	await rm(join(folder, markerName), { force: true })
}
