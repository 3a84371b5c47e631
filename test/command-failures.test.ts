// Commands that fail for a reason that their user can mend: one line that names it, no stack trace.

import { expect, test } from 'bun:test'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { root, runCommand, runProcess, temporaryFolder } from './server.ts'

const main = join(root, 'src', 'main.ts')
const echo = join(root, 'examples', 'echo.yaml')
const commands = (data: string) => [
	['serve', '--listen', '127.0.0.1:0', '--config', echo, '--data', data],
	['migrate', '--data', data],
	['keys', 'create', '--name', 'ada', '--data', data],
	['engine', 'install', '--data', data],
]

function expectOneLine(stderr: string) {
	expect(stderr.trim().split('\n')).toHaveLength(1)
	expect(stderr).not.toMatch(/\n\s+at /)
}

test('a data folder that is a file', async () => {
	const data = join(await temporaryFolder(), 'data')
	await writeFile(data, '')
	for (const args of commands(data)) {
		const { status, stderr } = await runCommand(args)
		expect([args[0], status]).toEqual([args[0], 1])
		expectOneLine(stderr)
		expect(stderr).toContain(data)
	}
})

test('a working directory that was removed', async () => {
	const missing = join(await temporaryFolder(), 'gone')
	const command = `mkdir "$0" && cd "$0" && rmdir "$0" && exec "$@"`
	const child = Bun.spawn(['sh', '-c', command, missing, process.execPath, main, 'keys', 'list'], {
		stdout: 'ignore',
		stderr: 'pipe',
	})
	expect(await new Response(child.stderr).text()).toBe(
		'The working directory no longer exists: change to another one first\n',
	)
	expect(await child.exited).toBe(1)
})

test('a data folder that cannot be created', async () => {
	for (const args of commands('/proc/no-such-process/data')) {
		const { status, stderr } = await runCommand(args)
		expect([args[0], status]).toEqual([args[0], 1])
		expectOneLine(stderr)
	}
})

test('a server whose journal cannot be opened exits and closes what it had opened', async () => {
	const data = await temporaryFolder()
	await writeFile(join(data, 'journal'), '')
	const args = ['serve', '--listen', '127.0.0.1:0', '--config', echo, '--data', data]
	const { status, stderr } = await runBounded(args, 'ignore')
	expect(status).toBe(1)
	expectOneLine(stderr)
	expect(stderr).toContain(join(data, 'journal'))
})

test('an engine that cannot serve its model ends while standard input is open', async () => {
	const data = await temporaryFolder()
	const args = ['engine', '--until-stdin-ends', '--socket', join(data, 's'), '--model', 'no-such-model', '--data', data]
	const { status, stderr } = await runBounded(args, 'pipe')
	expect(status).toBe(78)
	expectOneLine(stderr)
})

/** A command that is killed if it does not end. */
function runBounded(args: readonly string[], stdin: 'ignore' | 'pipe') {
	return runProcess([process.execPath, main, ...args], { stdin, timeout: 20_000 })
}

test.skipIf(process.getuid?.() !== 0)('a full disk is reported immediately and by name', async () => {
	const disk = await mkdtemp('/tmp/dragoman-full-')
	const mounted = Bun.spawnSync(['mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk], { stderr: 'ignore' })
	expect(mounted.exitCode).toBe(0)
	try {
		await mkdir(join(disk, 'data'))
		Bun.spawnSync(['dd', 'if=/dev/zero', `of=${join(disk, 'filler')}`, 'bs=4k'], { stderr: 'ignore' })
		for (const args of commands(join(disk, 'data')).slice(0, 3)) {
			const startedMs = performance.now()
			const { status, stderr } = await runCommand(args)
			expect(performance.now() - startedMs).toBeLessThan(8000)
			expect([args[0], status]).toEqual([args[0], 1])
			expectOneLine(stderr)
			expect(stderr).toMatch(/full|no space/)
		}
	} finally {
		Bun.spawnSync(['umount', disk])
		await rm(disk, { recursive: true, force: true })
	}
})

test('a reader that closes standard output early is not a failure', async () => {
	const bun = process.execPath
	const shell = Bun.spawn(['bash', '-c', `set -o pipefail; '${bun}' '${main}' config schema | head -c 9`], {
		stdin: 'ignore',
		stdout: 'pipe',
		stderr: 'pipe',
	})
	expect(await new Response(shell.stderr).text()).toBe('')
	expect(await shell.exited).toBe(0)
})
