import { afterEach, describe, expect, test } from 'bun:test'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rejection } from '../../system/rejection.testing.ts'
import { SocketFolder } from './socket-folder.ts'

const roots: string[] = []
function root(): string {
	const made = mkdtempSync(join(tmpdir(), 'dr-'))
	roots.push(made)
	return made
}
afterEach(() => {
	for (const one of roots.splice(0)) rmSync(one, { recursive: true, force: true })
})

describe('a folder for sockets', () => {
	test('is created on first use, for this user only, and removed at the end', async () => {
		const temporary = root()
		const folder = new SocketFolder({ dataFolder: root(), environment: { TMPDIR: temporary } })
		expect(readdirSync(temporary)).toEqual([])
		const path = await folder.path()
		expect(path.startsWith(`${temporary}/`)).toBe(true)
		expect(statSync(path).mode & 0o777).toBe(0o700)
		expect(await folder.path()).toBe(path)
		await folder.remove()
		expect(readdirSync(temporary)).toEqual([])
	})

	test('is in the data folder if there is no temporary folder', async () => {
		const [data, file] = [root(), join(root(), 'a-file')]
		writeFileSync(file, '')
		const folder = new SocketFolder({ dataFolder: data, environment: { TMPDIR: join(file, 'no-folder') } })
		expect((await folder.path()).startsWith(`${data}/`)).toBe(true)
		await folder.remove()
	})

	test('is in XDG_RUNTIME_DIR if the other paths are too long for a socket', async () => {
		const runtime = root()
		const long = join(root(), 'x'.repeat(60))
		const folder = new SocketFolder({
			dataFolder: long,
			environment: { TMPDIR: join(long, 'tmp'), XDG_RUNTIME_DIR: runtime },
		})
		expect((await folder.path()).startsWith(`${runtime}/`)).toBe(true)
		await folder.remove()
	})

	test('that fits nowhere is an error that lists each candidate, and another call tries again', async () => {
		const long = join(root(), 'x'.repeat(60))
		const environment: Record<string, string> = { TMPDIR: join(long, 'tmp') }
		const folder = new SocketFolder({ dataFolder: long, environment })
		const failed = folder.path()
		expect((await rejection(failed)).message).toContain('Set TMPDIR')
		expect((await rejection(failed)).message).toContain(`${long}: the path is too long for a Unix socket`)
		environment.TMPDIR = root()
		expect(existsSync(await folder.path())).toBe(true)
		await folder.remove()
	})

	test('of a killed server is removed by the next one; that of a running server or of another user is retained', async () => {
		const temporary = root()
		const script = `import { SocketFolder } from ${JSON.stringify(join(import.meta.dir, 'socket-folder.ts'))}
			console.log(await new SocketFolder({ dataFolder: '/', environment: process.env }).path())
			await new Promise(() => setInterval(() => undefined, 1000))`
		const start = async () => {
			const child = Bun.spawn([process.execPath, '-e', script], {
				env: { ...process.env, TMPDIR: temporary },
				stdout: 'pipe',
			})
			const { value } = await child.stdout.getReader().read()
			return { child, path: new TextDecoder().decode(value).trim() }
		}
		const killed = await start()
		const alive = await start()
		killed.child.kill('SIGKILL')
		await killed.child.exited
		mkdirSync(join(temporary, 'dragoman-run-other'))
		expect(existsSync(killed.path)).toBe(true)
		const folder = new SocketFolder({ dataFolder: '/', environment: { TMPDIR: temporary } })
		await folder.path()
		expect(existsSync(killed.path)).toBe(false)
		expect(existsSync(alive.path)).toBe(true)
		expect(existsSync(join(temporary, 'dragoman-run-other'))).toBe(true)
		alive.child.kill('SIGKILL')
		await alive.child.exited
		await folder.remove()
	})
})
