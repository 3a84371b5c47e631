// Finds the Bun that npm installed as Dragoman's dependency. Plain Node; it does not start anything.

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** @typedef {{ platform: string, arch: string, musl: boolean, avx2: boolean }} Machine */

/**
 * The path of the binary in the `bun` package, or, if npm did not run its install script and left a placeholder, in the platform package
 * that fits this machine best. Undefined if none is installed.
 *
 * @param {(name: string) => string | undefined} folderOf the folder of an installed package
 * @param {() => Machine} machine called only if the package's own binary is missing
 */
export function findBun(folderOf = installedFolder, machine = thisMachine) {
	const own = folderOf('bun')
	const ownBinary = own === undefined ? undefined : join(own, 'bin', 'bun.exe')
	if (ownBinary !== undefined && isBinary(ownBinary)) return ownBinary
	const { platform, arch, musl, avx2 } = machine()
	for (const name of bunPackages({ platform, arch, musl, avx2 })) {
		const folder = folderOf(name)
		const binary = folder === undefined ? undefined : join(folder, 'bin', platform === 'win32' ? 'bun.exe' : 'bun')
		if (binary !== undefined && isBinary(binary)) return binary
	}
	return undefined
}

/**
 * Platform packages with a Bun for this machine, best first. A build for the other C library may run with a compatibility layer, so it
 * comes last. If the processor lacks AVX2, builds that need it come after all others.
 *
 * @param {Machine} machine
 * @returns {readonly string[]}
 */
export function bunPackages({ platform, arch, musl, avx2 }) {
	const system = platform === 'win32' ? 'windows' : platform
	const base = `@oven/bun-${system}-${arch === 'arm64' ? 'aarch64' : arch}`
	const libraries = platform === 'linux' ? (musl ? ['-musl', ''] : ['', '-musl']) : ['']
	const builds = arch === 'x64' ? (avx2 ? ['', '-baseline'] : ['-baseline', '']) : ['']
	return libraries.flatMap((library) => builds.map((build) => base + library + build))
}

/** @returns {Machine} */
export function thisMachine() {
	const { platform, arch } = process
	return { platform, arch, musl: platform === 'linux' && hasMusl(), avx2: arch !== 'x64' || hasAvx2() }
}

/** Whether the system's C library is musl: Node's report contains the version of glibc if it runs on that. */
function hasMusl() {
	const { header, sharedObjects = [] } = process.report?.getReport() ?? {}
	if (header?.glibcVersionRuntime !== undefined) return false
	if (sharedObjects.some((path) => /ld-musl-|libc\.musl-/.test(path))) return true
	const { stdout, stderr } = spawnSync('ldd', ['--version'], { encoding: 'utf8' })
	return `${stdout ?? ''}${stderr ?? ''}`.includes('musl')
}

/** Whether the processor has AVX2, which Bun's regular x64 builds need; assumed if the system does not report it. */
function hasAvx2() {
	switch (process.platform) {
		case 'linux':
			return mentionsAvx2(existsSync('/proc/cpuinfo') ? readFileSync('/proc/cpuinfo', 'utf8') : '')
		case 'darwin':
			return mentionsAvx2(spawnSync('sysctl', ['-n', 'machdep.cpu.leaf7_features'], { encoding: 'utf8' }).stdout ?? '')
		default:
			return true
	}
}

/** @param {string} features the system's list of features; empty if there is none. */
export function mentionsAvx2(features) {
	return features === '' || /\bavx2\b/i.test(features)
}

function installedFolder(name) {
	try {
		return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`))
	} catch {
		return undefined
	}
}

/** npm's placeholder is a short script. */
function isBinary(path) {
	return existsSync(path) && statSync(path).size > 1_000_000
}
