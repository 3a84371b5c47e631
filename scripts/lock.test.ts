// The lock file is complete for `npm ci`, which rejects one that lacks an entry, even of another platform's optional
// binary.

import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { z } from 'zod'

const root = join(import.meta.dir, '..')
const dependencies = z.record(z.string(), z.string()).default({})
const lockSchema = z.object({
	packages: z.record(
		z.string(),
		z.object({
			version: z.string().optional(),
			dependencies,
			devDependencies: dependencies,
			optionalDependencies: dependencies,
		}),
	),
})
const lock = lockSchema.parse(await Bun.file(join(root, 'package-lock.json')).json())
const manifest = z
	.object({ dependencies, devDependencies: dependencies })
	.parse(await Bun.file(join(root, 'package.json')).json())

test('it has the dependencies of package.json', () => {
	expect(lock.packages['']).toMatchObject(manifest)
})

test('it has the dependencies of every package, on every platform', () => {
	const missing = Object.entries(lock.packages).flatMap(([place, { dependencies, optionalDependencies }]) =>
		Object.keys({ ...dependencies, ...optionalDependencies })
			.filter((name) => !isInstalledFor(place, name))
			.map((name) => `${name}, for ${place}`),
	)
	expect(missing).toEqual([])
})

/** Node's resolution: inside the package, then beside it and above. */
function isInstalledFor(place: string, name: string): boolean {
	for (let folder = place; folder !== ''; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/'))))
		if (`${folder}/node_modules/${name}` in lock.packages) return true
	return `node_modules/${name}` in lock.packages
}
