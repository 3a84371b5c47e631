// The npm manifest and lock file of one installation: ours, with the packages of the requested builds as direct
// dependencies, because npm runs without optional dependencies. It writes no files.

import { z } from 'zod'
import manifest from './package/package.json' with { type: 'json' }
import lock from './package/package-lock.json' with { type: 'json' }

/** The version of node-llama-cpp that this program is written for. */
export const libraryVersion: string = manifest.dependencies['node-llama-cpp']

export interface Installation {
	/** Content of `package.json`. */
	readonly manifest: object
	/** Content of `package-lock.json`. */
	readonly lock: object
	/** Packages that the lock pins only by version, without an integrity hash: npm checks them against the registry's. */
	readonly unlocked: readonly string[]
}

const lockSchema = z.looseObject({ packages: z.record(z.string(), z.looseObject({})) })

const libraryPath = 'node_modules/node-llama-cpp'
const binariesPath = 'node_modules/@node-llama-cpp/'

/** @param packages names of the packages with the binaries, as returned by `packagesOf`. */
export function installationOf(packages: readonly string[]): Installation {
	const { packages: entries, ...rest } = lockSchema.parse(lock)
	const dependencies: Record<string, string> = { ...manifest.dependencies }
	const { optionalDependencies: _, ...library } = entries[libraryPath] ?? {}
	const others = Object.entries(entries).filter(([place]) => !place.startsWith(binariesPath))
	const locked: Record<string, object> = { ...Object.fromEntries(others), [libraryPath]: library }
	const unlocked: string[] = []
	for (const name of packages) {
		dependencies[name] = libraryVersion
		const entry = entries[`node_modules/${name}`]
		if (entry === undefined) unlocked.push(name)
		else locked[`node_modules/${name}`] = { ...entry, optional: false }
	}
	locked[''] = { ...entries[''], dependencies }
	return { manifest: { ...manifest, dependencies }, lock: { ...rest, packages: locked }, unlocked }
}
