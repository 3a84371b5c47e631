// The npm manifest and lock of one installation: ours, with the packages of the wanted builds as dependencies of their own, since
// npm is told to leave out everything optional. It writes nothing.

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
	/** Packages that the lock does not pin by content, only by version: npm checks them against the registry's word. */
	readonly unlocked: readonly string[]
}

const lockSchema = z.looseObject({ packages: z.record(z.string(), z.looseObject({})) })

const libraryPlace = 'node_modules/node-llama-cpp'
const binaryPlaces = 'node_modules/@node-llama-cpp/'

/** @param packages names of the binaries' packages, as `packagesOf` tells them. */
export function installationOf(packages: readonly string[]): Installation {
	const { packages: entries, ...rest } = lockSchema.parse(lock)
	const dependencies: Record<string, string> = { ...manifest.dependencies }
	const { optionalDependencies: _, ...library } = entries[libraryPlace] ?? {}
	const others = Object.entries(entries).filter(([place]) => !place.startsWith(binaryPlaces))
	const locked: Record<string, object> = { ...Object.fromEntries(others), [libraryPlace]: library }
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
