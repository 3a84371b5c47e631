// The working directory of a command does not affect it: Bun's files there configure nothing and run nothing.

import { expect, test } from 'bun:test'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { root, runProcess, temporaryFolder } from './server.ts'

const launcher = join(root, 'bin', 'dragoman.mjs')

/** The folder of another project, whose files would load code and set variables in every Bun process. */
async function hostileFolder(): Promise<string> {
	const folder = await temporaryFolder()
	await writeFile(join(folder, 'intruder.ts'), "console.error('INTRUDER')\n")
	await writeFile(join(folder, 'bunfig.toml'), 'preload = ["./intruder.ts"]\n')
	for (const name of ['.env', '.env.local', '.env.production', '.env.development'])
		await writeFile(
			join(folder, name),
			`DRAGOMAN_ADMIN_KEY=sk-from-dot-env-0123456789\nDRAGOMAN_DATA=${join(folder, 'from-dot-env')}\nDRAGOMAN_LISTEN=127.0.0.1:1\n`,
		)
	await mkdir(join(folder, 'data'))
	return folder
}

function runIn(folder: string, args: readonly string[]) {
	const { DRAGOMAN_DATA: _, DRAGOMAN_CONFIG: __, ...environment } = process.env
	return runProcess(['node', launcher, ...args], { cwd: folder, env: environment })
}

const commands = [
	['--version'],
	['config', 'check'],
	['config', 'schema'],
	['migrate', '--data', 'data'],
	['usage', '--data', 'data'],
	['models', 'list', '--data', 'data'],
	['keys', 'list', '--data', 'data'],
	['engine', '--model', 'no-such-model', '--data', 'data'],
] as const

test('no command runs code or takes variables from the working directory', async () => {
	const folder = await hostileFolder()
	for (const args of commands) {
		const { stdout, stderr, status } = await runIn(folder, args)
		expect({ args, status }).toEqual({ args, status: args[0] === 'engine' ? 78 : 0 })
		expect({ args, text: stdout + stderr }).not.toMatchObject({ text: expect.stringContaining('INTRUDER') })
		expect({ args, text: stdout + stderr }).not.toMatchObject({ text: expect.stringContaining('from-dot-env') })
	}
	expect(await Bun.file(join(folder, 'from-dot-env', 'dragoman.sqlite')).exists()).toBe(false)
})

for (const workers of ['1', '2'])
	test(`nor does a server, nor the processes that it starts (workers: ${workers})`, async () => {
		const folder = await hostileFolder()
		const config = join(root, 'examples', 'echo.yaml')
		const { DRAGOMAN_DATA: _, DRAGOMAN_CONFIG: __, ...environment } = process.env
		const child = Bun.spawn(
			[
				'node',
				launcher,
				'serve',
				'--listen',
				'127.0.0.1:0',
				'--config',
				config,
				'--data',
				'data',
				'--workers',
				workers,
			],
			{ cwd: folder, env: environment, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' },
		)
		let printed = ''
		for await (const chunk of child.stdout) {
			printed += new TextDecoder().decode(chunk)
			if (printed.includes('curl')) break
		}
		child.kill('SIGTERM')
		const log = await new Response(child.stderr).text()
		await child.exited
		expect(printed).toMatch(/listens on http:\/\/127\.0\.0\.1:(?!1\b)\d+/)
		expect(printed + log).not.toContain('INTRUDER')
		// The first key is made only if no admin key is configured.
		expect(printed).toContain('API key')
		expect(printed).not.toContain('from-dot-env')
	})
