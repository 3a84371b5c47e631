// Checks of blocks that are not run: parts of a configuration, copies of files of the repository, commands for programs that
// this machine does not have.

import { join } from 'node:path'
import { loadConfig } from '../../src/config/load.ts'
import { root, runProcess } from '../server.ts'

/** @param folder for the file. @throws for an invalid part of a configuration. */
export async function checkConfig(yaml: string, folder: string): Promise<void> {
	const file = join(folder, 'part.yaml')
	// A part of a file, as for one section, needs no models to be an example of that section.
	await Bun.write(file, /^models:/m.test(yaml) ? yaml : `${yaml}\nmodels: embedded\n`)
	const variables = [...yaml.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => [name, 'an-example'] as const)
	await loadConfig({ file, overrides: {}, environment: Object.fromEntries(variables) })
}

/** @throws if the text is not that of the file. */
export async function checkSame(path: string, text: string): Promise<void> {
	if ((await Bun.file(join(root, path)).text()) !== text) throw new Error(`the block differs from ${path}`)
}

/** @throws if the file neither reads the page nor has the commands of the block. */
export async function checkTested(path: string, code: string, page: string): Promise<void> {
	const text = await Bun.file(join(root, path)).text()
	const name = page.split('/').at(-1) ?? page
	const commands = [...code.matchAll(/\bdragoman (\w+)/g)].map(([, command = '']) => command)
	const covers = (command: string) => text.includes(`dragoman ${command}`) || text.includes(`'${command}'`)
	if (!text.includes(name) && (commands.length === 0 || !commands.every(covers)))
		throw new Error(`${path} neither reads ${name} nor has these commands`)
}

/** @throws for commands with a fault of syntax. */
export async function checkShell(code: string): Promise<void> {
	const { status, stderr } = await runProcess(['bash', '-n', '-c', code])
	if (status !== 0) throw new Error(stderr)
}
