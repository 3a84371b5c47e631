// Systems other than Linux, tested on Linux: what only Linux has is used with a guard, and the program takes the
// paths for macOS when it reads that name of its system.

import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { Glob } from 'bun'
import { root, runProcess, startServer, temporaryFolder } from './server.ts'

/** What only Linux has, in the source of the program. */
const linuxOnly = /\/proc\/|\/sys\/|\/dev\/shm|\breusePort\b/

/** The files that use it, each with what it does on other systems. */
const guarded: ReadonlyMap<string, RegExp> = new Map([
	['bin/launchers.mjs', /process\.platform === 'linux' \? readProc\(pid\) : readPs\(pid\)/],
	['bin/find-bun.mjs', /existsSync\('\/proc\/cpuinfo'\) \?/],
	// The file is missing: memory is not watched.
	['src/engines/llama/start-watch.ts', /readFile\(`\/proc\/\$\{pid\}\/status`, 'utf8'\)\.catch\(/],
	// The file is missing: the socket is not in it.
	['src/cli/address-guard.ts', /readFile\('\/proc\/net\/unix', 'utf8'\)\.catch\(/],
	['src/system/open-descriptors.ts', /linux: '\/proc\/self\/fd', darwin: '\/dev\/fd'/],
	['src/system/descriptor-limit.ts', /process\.platform === 'linux' \? readProc\(\) : readShell\(\)/],
	// Only workers share an address.
	['src/server/listener.ts', /reusePort \? \{ reusePort \} : \{\}/],
	['src/cli/workers.ts', /refuseSystem\(process\.platform\)/],
])

test('what only Linux has is used with a guard', async () => {
	const used: string[] = []
	for (const file of new Glob('{src,bin}/**/*.{ts,mjs}').scanSync(root)) {
		if (/\.(test|testing|contract)\./.test(file)) continue
		const text = await Bun.file(join(root, file)).text()
		const code = text.replace(/^\s*(\/\/|\*|\/\*).*$/gm, '')
		if (!linuxOnly.test(code) && file !== 'src/cli/workers.ts') continue
		used.push(file)
		expect([file, guarded.get(file)?.test(text)]).toEqual([file, true])
	}
	expect(used.sort()).toEqual([...guarded.keys()].sort())
})

test('a server that reads darwin as its system answers and stops', async () => {
	const file = join(await temporaryFolder(), 'darwin.ts')
	await Bun.write(file, "Object.defineProperty(process, 'platform', { value: 'darwin' })\n")
	const environment = { BUN_OPTIONS: `--preload=${file}` }
	const { stdout } = await runProcess([process.execPath, '-e', 'console.log(process.platform)'], {
		env: { ...process.env, ...environment },
	})
	expect(stdout.trim()).toBe('darwin')
	const server = await startServer({ environment })
	const response = await server.call('/v1/chat/completions', {
		model: 'echo',
		messages: [{ role: 'user', content: 'Good morning' }],
	})
	expect(response.status).toBe(200)
	expect(await response.text()).toContain('Good morning')
	expect(await server.stop()).toBe(0)
	expect(server.log()).not.toContain('"level":"error"')
})
