// Installations without a network or without space end soon, with a hint.

import { expect, test } from 'bun:test'
import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { root, runCommand, runProcess, temporaryFolder } from './server.ts'
import { mountSmallDisk } from './small-disk.testing.ts'

/** A registry that accepts connections and never responds. */
function silentRegistry() {
	const listener = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: () => undefined } })
	return { url: `http://127.0.0.1:${listener.port}/`, stop: () => listener.stop(true) }
}

test('npm start without dependencies: a registry that refuses, and one that hangs', async () => {
	const folder = await temporaryFolder()
	for (const name of ['bin', 'scripts']) await cp(join(root, name), join(folder, name), { recursive: true })
	await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module', dependencies: { 'is-odd': '3.0.1' } }))
	const registry = silentRegistry()
	for (const url of ['http://127.0.0.1:1/', registry.url]) {
		const { status, stderr } = await runProcess(['node', join('scripts', 'start.mjs')], {
			cwd: folder,
			env: {
				...process.env,
				npm_config_registry: url,
				npm_config_cache: join(folder, 'cache'),
				npm_config_fetch_timeout: '1000',
			},
			timeout: 50_000,
		})
		expect(status).toBe(1)
		expect(stderr).toContain('Installing is-odd …')
		expect(stderr).toContain('npm could not install the dependencies. Without access to the registry')
		expect(stderr).not.toMatch(/\n\s+at /)
	}
	registry.stop()
})

test('dragoman engine install: a registry that hangs', async () => {
	const folder = await temporaryFolder()
	const registry = silentRegistry()
	const { status, stderr } = await runCommand(['engine', 'install', '--data', folder], {
		npm_config_registry: registry.url,
		npm_config_cache: join(folder, 'cache'),
		npm_config_fetch_timeout: '1000',
	})
	expect(status).toBe(1)
	expect(stderr).toContain('The registry cannot be reached.')
	expect(stderr).not.toMatch(/\n\s+at /)
	registry.stop()
})

test('dragoman engine install: a disk that is too small is reported before the download', async () => {
	const disk = await mountSmallDisk()
	if (disk === undefined) return
	try {
		const folder = join(disk.folder, 'engine')
		await mkdir(folder)
		const { status, stderr } = await runCommand([
			'engine',
			'install',
			'--folder',
			folder,
			'--data',
			await temporaryFolder(),
		])
		expect(status).toBe(1)
		expect(stderr).toMatch(/^The engine library needs 200 MB in .*\/engine, where \d MB are free: /i)
		expect(stderr.trimEnd().split('\n')).toHaveLength(1)
	} finally {
		disk.unmount()
	}
})
