import { expect, test } from 'bun:test'
import { chmod, copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hasHome, homeFolder, withHome } from './home-folder.ts'

test('HOME is the home folder, whatever it is', () => {
	expect(homeFolder({ HOME: '/' }, '/data')).toBe('/')
	expect(withHome({ HOME: '/home/a', X: '1' }, '/data')).toEqual({ HOME: '/home/a', X: '1' })
	expect(hasHome({ HOME: '/home/a' })).toBe(true)
})

// Only root can become a user without an entry in the password file.
test.skipIf(process.getuid?.() !== 0 || Bun.which('setpriv') === null)(
	'without HOME and an entry in the password file, it is the folder that is given',
	async () => {
		// The checkout may be in a folder that other users cannot read.
		const folder = await mkdtemp(join(tmpdir(), 'dragoman-home-'))
		await chmod(folder, 0o755)
		await copyFile(join(import.meta.dir, 'home-folder.ts'), join(folder, 'home-folder.ts'))
		const script = `const { hasHome, homeFolder, withHome } = await import(${JSON.stringify(join(folder, 'home-folder.ts'))})
			console.log(JSON.stringify([homeFolder(process.env, '/data'), withHome(process.env, '/data').HOME, hasHome(process.env)]))`
		const child = Bun.spawn(['setpriv', '--reuid=54321', '--clear-groups', process.execPath, '-e', script], {
			cwd: folder,
			env: { PATH: process.env.PATH },
			stdout: 'pipe',
		})
		expect(JSON.parse(await new Response(child.stdout).text())).toEqual(['/data', '/data', false])
		await rm(folder, { recursive: true })
	},
)
