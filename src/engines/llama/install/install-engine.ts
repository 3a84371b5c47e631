// Installs node-llama-cpp into an engine folder with npm: the library and only the prebuilt binaries that are
// requested. It is not a dependency of the program because npm would add the binaries of every device: 725 MB instead
// of 85. It does not load the library.

import { access, constants, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../../system/clock.ts'
import { withLock } from '../../../system/lock.ts'
import { freeBytes } from '../../../system/writable-folder.ts'
import { type Build, type Platform, packagesOf } from './build.ts'
import { engineInstalled, type InstalledEngine, removeMarker, writeMarker } from './engine-folder.ts'
import { installationOf, libraryVersion } from './manifest.ts'
import { runNpm } from './npm.ts'

export interface InstallOptions {
	/** Added to the installed builds; `cpu` is always installed. */
	readonly build: Build
	readonly platform: Platform
	/** Used to locate npm, and passed to it. */
	readonly environment: Readonly<Record<string, string | undefined>>
	readonly clock: Clock
	readonly signal: AbortSignal
	/** Called with each line that npm prints, and with a notice if another process installs. */
	readonly onLine?: (line: string) => void
}

const stagingPrefix = 'installing-'

/** No install scripts: the packages contain the binaries, and the library's script would only search for others. */
const npmFlags = [
	'--omit=optional',
	'--omit=dev',
	'--omit=peer',
	'--ignore-scripts',
	'--no-audit',
	'--no-fund',
	'--no-update-notifier',
	'--progress=false',
	'--prefer-offline',
]

/**
 * Ensures that the library and a build are in `folder`, whose `node_modules` contains `node-llama-cpp` afterwards.
 * Returns immediately if they are; waits if another process installs. The existing installation remains in use until
 * the new one is complete.
 *
 * @throws Error if the machine has no such build or npm fails, or the signal's reason.
 */
export async function installEngine(folder: string, options: InstallOptions): Promise<InstalledEngine> {
	packagesOf([options.build], options.platform)
	const present = await engineInstalled(folder)
	if (present !== undefined && has(present, options.build)) return present
	await mkdir(folder, { recursive: true })
	let reported = false
	const onWait = () => {
		if (!reported) options.onLine?.('Another process is installing the engine; waiting for it.')
		reported = true
	}
	return withLock(
		join(folder, 'install.lock'),
		{ sleep: options.clock.sleep, signal: options.signal, onWait },
		async () => {
			const current = await engineInstalled(folder)
			return current !== undefined && has(current, options.build) ? current : install(folder, current, options)
		},
	)
}

function has(engine: InstalledEngine, build: Build): boolean {
	return engine.version === libraryVersion && engine.builds.includes(build)
}

async function install(
	folder: string,
	current: InstalledEngine | undefined,
	options: InstallOptions,
): Promise<InstalledEngine> {
	const earlier = current?.version === libraryVersion ? current.builds : []
	const builds = [...new Set<Build>(['cpu', ...earlier, options.build])]
	const packages = packagesOf(builds, options.platform)
	await requireSpace(folder, builds)
	const staging = await freshStaging(folder)
	const { manifest, lock, unlocked } = installationOf(packages)
	await writeFile(join(staging, 'package.json'), JSON.stringify(manifest, null, '\t'))
	await writeFile(join(staging, 'package-lock.json'), JSON.stringify(lock, null, '\t'))
	const { environment, signal, onLine } = options
	const args = [unlocked.length === 0 ? 'ci' : 'install', ...npmFlags]
	await runNpm({
		args,
		folder: staging,
		environment: await npmEnvironment(environment, staging),
		signal,
		onLine,
	})
	const engine = { version: libraryVersion, builds, packages: [...packages] }
	await swap(folder, staging, engine)
	return engine
}

/** Space of the library with a build, and of npm's cache of it, in bytes. */
const buildBytes: Readonly<Record<Build, number>> = {
	cpu: 200_000_000,
	metal: 200_000_000,
	vulkan: 300_000_000,
	cuda: 1_200_000_000,
}

/** npm reports a full disk in a page of its own errors. @throws Error if the new installation does not fit. */
async function requireSpace(folder: string, builds: readonly Build[]): Promise<void> {
	const needed = Math.max(...builds.map((build) => buildBytes[build]))
	const free = await freeBytes(folder)
	if (free === undefined || free >= needed) return
	const megabytes = (bytes: number) => Math.floor(bytes / 1_000_000)
	throw new Error(
		`the engine library needs ${megabytes(needed)} MB in ${folder}, where ${megabytes(free)} MB are free: free space there, or choose another folder with engineFolder or --folder`,
	)
}

/**
 * npm stores its cache below HOME, which may be missing in a container or belong to another user. The cache is then
 * in the staging folder and removed with it.
 */
async function npmEnvironment(
	environment: InstallOptions['environment'],
	staging: string,
): Promise<InstallOptions['environment']> {
	if (Object.keys(environment).some((name) => name.toLowerCase() === 'npm_config_cache')) return environment
	const { HOME } = environment
	if (HOME !== undefined && HOME !== '' && (await canWriteCache(HOME))) return environment
	return { ...environment, HOME: HOME || staging, npm_config_cache: join(staging, 'npm-cache') }
}

async function canWriteCache(home: string): Promise<boolean> {
	const cache = join(home, '.npm')
	const isThere = await stat(cache).then(
		() => true,
		() => false,
	)
	return access(isThere ? cache : home, constants.W_OK).then(
		() => true,
		() => false,
	)
}

/** An npm that outlived its parent may still write to an older folder, so each attempt has its own. */
async function freshStaging(folder: string): Promise<string> {
	const older = (await readdir(folder)).filter((name) => name.startsWith(stagingPrefix))
	for (const name of older)
		await rm(join(folder, name), { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined)
	return mkdtemp(join(folder, stagingPrefix))
}

/** The marker is absent while the folders are swapped, so that a crash in between counts as not installed. */
async function swap(folder: string, staging: string, engine: InstalledEngine): Promise<void> {
	const old = join(folder, 'replaced')
	await rm(old, { recursive: true, force: true })
	await removeMarker(folder)
	await rename(join(folder, 'node_modules'), old).catch((cause: unknown) => {
		if (!isMissing(cause))
			throw new Error('The installed engine cannot be replaced while it is in use: stop the server first.', {
				cause,
			})
	})
	await rename(join(staging, 'node_modules'), join(folder, 'node_modules'))
	await writeMarker(folder, engine)
	await rm(staging, { recursive: true, force: true })
	await rm(old, { recursive: true, force: true })
}

function isMissing(thrown: unknown): boolean {
	return typeof thrown === 'object' && thrown !== null && 'code' in thrown && thrown.code === 'ENOENT'
}
