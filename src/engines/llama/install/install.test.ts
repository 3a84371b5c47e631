// The content of an installation for every machine, and what counts as installed. npm itself is tested by hand: it
// needs a registry.

import { describe, expect, test } from 'bun:test'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../../system/clock.ts'
import { rejection } from '../../../system/rejection.testing.ts'
import { availableBuilds, packagesOf } from './build.ts'
import { engineInstalled, writeMarker } from './engine-folder.ts'
import { type InstallOptions, installEngine } from './install-engine.ts'
import { installationOf, libraryVersion } from './manifest.ts'
import { runNpm } from './npm.ts'

const linux = { platform: 'linux', arch: 'x64' }

async function emptyFolder(): Promise<string> {
	return mkdtemp(join(tmpdir(), 'dragoman-engine-'))
}

describe('builds', () => {
	test('every machine has a CPU build, and other builds only if binaries exist', () => {
		const platforms = { linux: ['x64', 'arm64', 'arm', 'riscv64'], darwin: ['arm64', 'x64'], win32: ['x64', 'arm64'] }
		const found = Object.entries(platforms).flatMap(([platform, all]) =>
			all.map((arch) => `${platform} ${arch}: ${availableBuilds({ platform, arch }).join(' ')}`),
		)
		expect(found).toEqual([
			'linux x64: cpu cuda vulkan',
			'linux arm64: cpu',
			'linux arm: cpu',
			'linux riscv64: cpu',
			'darwin arm64: cpu metal',
			'darwin x64: cpu',
			'win32 x64: cpu cuda vulkan',
			'win32 arm64: cpu',
		])
	})

	test('CUDA needs two packages, without duplicates', () => {
		expect(packagesOf(['cuda'], linux)).toEqual([
			'@node-llama-cpp/linux-x64-cuda',
			'@node-llama-cpp/linux-x64-cuda-ext',
		])
		expect(packagesOf(['cpu', 'metal'], { platform: 'darwin', arch: 'arm64' })).toEqual([
			'@node-llama-cpp/mac-arm64-metal',
		])
	})

	test('an unavailable build is rejected with a list of available ones', () => {
		expect(() => packagesOf(['metal'], linux)).toThrow(
			'No metal build is available for linux on x64. Available: cpu, cuda, vulkan.',
		)
		expect(() => packagesOf(['cpu'], { platform: 'aix', arch: 'ppc64' })).toThrow('no prebuilt engine for aix on ppc64')
	})
})

describe('manifest and lock', () => {
	const { manifest, lock, unlocked } = installationOf(packagesOf(['cpu'], linux))
	const entries = (lock as { readonly packages: Readonly<Record<string, Readonly<Record<string, unknown>>>> }).packages

	test('contain the library and the requested binaries only', () => {
		const dependencies = { 'node-llama-cpp': libraryVersion, '@node-llama-cpp/linux-x64': libraryVersion }
		expect(manifest).toMatchObject({ dependencies })
		expect(entries['']).toMatchObject({ dependencies })
		expect(Object.keys(entries).filter((place) => place.includes('@node-llama-cpp/'))).toEqual([
			'node_modules/@node-llama-cpp/linux-x64',
		])
		expect(entries['node_modules/node-llama-cpp']).not.toHaveProperty('optionalDependencies')
	})

	test('pin every package by content', () => {
		expect(unlocked).toEqual([])
		const loose = Object.entries(entries).filter(
			([place, entry]) => place !== '' && typeof entry.integrity !== 'string',
		)
		expect(loose).toEqual([])
	})

	test('report which binaries are pinned by version only', () => {
		expect(installationOf(['@node-llama-cpp/of-another-world']).unlocked).toEqual(['@node-llama-cpp/of-another-world'])
	})
})

describe('the engine folder', () => {
	const engine = { version: libraryVersion, builds: ['cpu' as const], packages: ['@node-llama-cpp/linux-x64'] }

	test('counts as installed only with its marker and its packages', async () => {
		const folder = await emptyFolder()
		expect(await engineInstalled(folder)).toBeUndefined()
		for (const name of ['node-llama-cpp', ...engine.packages]) {
			await mkdir(join(folder, 'node_modules', name), { recursive: true })
			await writeFile(join(folder, 'node_modules', name, 'package.json'), '{}')
		}
		expect(await engineInstalled(folder)).toBeUndefined()
		await writeMarker(folder, engine)
		expect(await engineInstalled(folder)).toEqual(engine)
		const options: InstallOptions = {
			build: 'cpu',
			platform: linux,
			environment: { PATH: '' },
			clock: systemClock,
			signal: new AbortController().signal,
		}
		expect(await installEngine(folder, options)).toEqual(engine)
		await rm(join(folder, 'node_modules', '@node-llama-cpp'), { recursive: true })
		expect(await engineInstalled(folder)).toBeUndefined()
	})

	test('retains nothing of a failed installation', async () => {
		const folder = await emptyFolder()
		const options: InstallOptions = {
			build: 'cpu',
			platform: linux,
			environment: { PATH: '/nowhere' },
			clock: systemClock,
			signal: new AbortController().signal,
		}
		expect((await rejection(installEngine(folder, options))).message).toContain('npm could not be started')
		expect((await rejection(installEngine(folder, { ...options, build: 'metal' }))).message).toContain('No metal build')
		expect(await engineInstalled(folder)).toBeUndefined()
	})
})

describe("npm's environment", () => {
	/** The environment of a script that replaces npm; it fails, so its last lines are in the error. */
	async function seenByNpm(environment: Readonly<Record<string, string>>) {
		const folder = await emptyFolder()
		const script = join(folder, 'npm-cli.js')
		await writeFile(
			script,
			'const { HOME, npm_config_cache } = process.env; console.log(JSON.stringify({ HOME, npm_config_cache, args: process.argv.slice(2) })); process.exit(3)',
		)
		const failed = await installEngine(join(folder, 'engine'), {
			build: 'cpu',
			platform: linux,
			environment: { npm_execpath: script, npm_node_execpath: process.execPath, ...environment },
			clock: systemClock,
			signal: new AbortController().signal,
		}).catch((cause: unknown) => String(cause))
		const seen = JSON.parse(String(failed).split('\n').at(-1) ?? '') as {
			HOME?: string
			npm_config_cache?: string
			args: string[]
		}
		return { ...seen, folder }
	}

	test('has a home and a cache below the engine folder if HOME is not set', async () => {
		const { HOME, npm_config_cache, args, folder } = await seenByNpm({})
		expect(HOME).toStartWith(join(folder, 'engine'))
		expect(npm_config_cache).toStartWith(join(folder, 'engine'))
		expect(args).toContain('--prefer-offline')
	})

	test('keeps a read-only home, with the cache in another folder', async () => {
		const { HOME, npm_config_cache, folder } = await seenByNpm({ HOME: '/proc/no-home' })
		expect(HOME).toBe('/proc/no-home')
		expect(npm_config_cache).toStartWith(join(folder, 'engine'))
	})

	test('is unchanged if npm can write its cache, or if the cache has its own folder', async () => {
		const home = await emptyFolder()
		const usual = await seenByNpm({ HOME: home })
		expect([usual.HOME, usual.npm_config_cache]).toEqual([home, undefined])
		expect((await seenByNpm({ HOME: '/proc/no-home', NPM_CONFIG_CACHE: home })).npm_config_cache).toBeUndefined()
		expect((await seenByNpm({ HOME: '/proc/no-home', npm_config_cache: home })).npm_config_cache).toBe(home)
	})
})

describe('npm', () => {
	test('its lines are forwarded, and the error contains its last ones', async () => {
		const folder = await emptyFolder()
		const script = join(folder, 'npm-cli.js')
		await writeFile(script, "console.log('one', process.argv[2]); console.error('two'); process.exit(3)")
		const lines: string[] = []
		const environment = { npm_execpath: script, npm_node_execpath: process.execPath, PATH: '' }
		const run = runNpm({
			args: ['ci'],
			folder,
			environment,
			signal: new AbortController().signal,
			onLine: (line) => lines.push(line),
		})
		expect((await rejection(run)).message).toMatch(/^npm exited with status 3:\n(one ci\ntwo|two\none ci)$/)
		expect(lines.sort()).toEqual(['one ci', 'two'])
	})

	test('it is terminated by its signal', async () => {
		const folder = await emptyFolder()
		const script = join(folder, 'npm-cli.js')
		await writeFile(script, "console.log('begun'); setInterval(() => {}, 1000)")
		const abort = new AbortController()
		const environment = { npm_execpath: script, npm_node_execpath: process.execPath, PATH: '' }
		const run = runNpm({
			args: [],
			folder,
			environment,
			signal: abort.signal,
			onLine: () => abort.abort(new Error('enough')),
		})
		expect((await rejection(run)).message).toContain('enough')
	})
})
