// dragoman init: finds model servers on this machine, asks three questions, and writes a configuration file. It replaces
// no file without a confirmation.

import { access, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Command } from 'commander'
import { terminalLine } from '../system/terminal-text.ts'
import { defaultModelId } from '../weights/catalogue.ts'
import { CliError } from './cli-error.ts'
import type { CommandContext } from './command.ts'
import { explainAbsence, findModelServers, type ModelServer, openProbe, usualServers } from './model-server.ts'
import { programWords, shellWord } from './program-words.ts'

interface InitFlags {
	readonly file: string
	readonly server: readonly string[]
	readonly yes?: true
	readonly force?: true
}

export function initCommand(context: CommandContext): Command {
	return new Command('init')
		.description('find model servers on this machine, ask three questions, and write a configuration file')
		.option('--file <file>', 'file to write', 'dragoman.yaml')
		.option('--server <url...>', 'further addresses to look for model servers at', [])
		.option('--yes', 'ask nothing: use every server that is found, or else the embedded model')
		.option('--force', 'replace the file if it exists')
		.action((flags: InitFlags) => init(flags, context))
}

interface Answers {
	readonly servers: readonly ModelServer[]
	readonly embedded: boolean
	readonly listen: string
	readonly file: string
}

async function init(flags: InitFlags, context: CommandContext): Promise<void> {
	const asks = flags.yes !== true
	if (asks && (!context.terminal || process.stdin.isTTY !== true))
		throw new CliError('`init` asks questions on a terminal. Without one, pass --yes.', 2)
	const named = flags.server.map(readAddress)
	const probe = openProbe(context.environment)
	const servers = await findModelServers([...Object.values(usualServers), ...named], probe)
	const absent = named.filter((address) => !servers.some(({ url }) => url.startsWith(`${address}/`)))
	const reasons = await Promise.all(absent.map((address) => explainAbsence(address, probe)))
	if (!asks && reasons.length > 0) throw new CliError(`${reasons.join(' ')} Nothing was written.`)
	for (const reason of reasons) context.printStatus(reason)
	for (const { title, url, models } of servers)
		context.printStatus(`Found ${title} at ${url}: ${models.length === 0 ? 'no models' : models.join(', ')}`)
	if (servers.length === 0) context.printStatus('No model servers are running on their usual ports.')
	const useful = servers.filter(({ models }) => models.length > 0)
	const port = servers.some(({ url }) => url.startsWith(`${usualServers['llama-server']}/`)) ? 8081 : 8080
	const answers = asks
		? await ask(useful, port, flags)
		: { servers: useful, embedded: useful.length === 0, listen: `127.0.0.1:${port}`, file: flags.file }
	await write(answers, context.environment)
	const path = resolve(answers.file)
	const command = [...programWords(process.cwd()), 'serve', '--config', answers.file].map(shellWord).join(' ')
	context.printStatus(`Wrote ${path}. Start the server with: ${command}`)

	async function write(draft: Answers, environment: CommandContext['environment']): Promise<void> {
		const target = resolve(draft.file)
		if (flags.force !== true && (await exists(target)) && !(asks && (await confirmed(target))))
			throw new CliError(`${target} exists. Pass --force to replace it, or --file to write another one.`)
		const { writeDraft } = await import('./config-draft.ts')
		const text = writeDraft(draft)
		await writeFile(target, text)
		// A model name that this program refuses must not be noticed at the next start only.
		const { loadConfig } = await import('../config/load.ts')
		await loadConfig({ file: target, overrides: {}, environment })
	}
}

function readAddress(given: string): string {
	const text = /^[a-z][a-z\d+.-]*:\/\//i.test(given) ? given : `http://${given}`
	if (given.includes('@'))
		throw new CliError(
			'--server: an address has no user name and password; write them into the configuration by hand.',
			2,
		)
	if (!URL.canParse(text) || !/^https?:/i.test(text))
		throw new CliError(`--server: "${given}" is not an address such as http://127.0.0.1:8000`, 2)
	return new URL(text).origin
}

function exists(path: string): Promise<boolean> {
	return access(path).then(
		() => true,
		() => false,
	)
}

const embedded = 'embedded'

async function ask(servers: readonly ModelServer[], port: number, flags: InitFlags): Promise<Answers> {
	const { multiselect, select, text } = await import('@clack/prompts')
	const chosen = answered(
		await multiselect<string>({
			message: 'Which models should be served?',
			options: [
				...servers.map((server) => ({
					value: server.url,
					label: `${server.title} at ${server.url}`,
					hint: terminalLine(server.models.join(', ')),
				})),
				{ value: embedded, label: `the embedded model ${defaultModelId}`, hint: 'about 180 MB are downloaded once' },
			],
			initialValues: servers.length === 0 ? [embedded] : servers.map(({ url }) => url),
			required: true,
		}),
	)
	const listen = answered(
		await select<string>({
			message: 'Who may connect? Clients need an API key in any case.',
			options: [
				{ value: `127.0.0.1:${port}`, label: 'this machine only', hint: `127.0.0.1:${port}` },
				{ value: `0.0.0.0:${port}`, label: 'every machine that reaches this one', hint: `0.0.0.0:${port}` },
			],
		}),
	)
	const file = answered(
		await text({ message: 'Which file should be written?', initialValue: flags.file, validate: required }),
	)
	return {
		servers: servers.filter(({ url }) => chosen.includes(url)),
		embedded: chosen.includes(embedded),
		listen,
		file,
	}
}

async function confirmed(file: string): Promise<boolean> {
	const { confirm } = await import('@clack/prompts')
	return answered(await confirm({ message: `${file} exists. Replace it?`, initialValue: false }))
}

function required(text: string | undefined): string | undefined {
	return text === undefined || text.trim() === '' ? 'A name is needed.' : undefined
}

/** @throws CliError if the question was cancelled. */
function answered<Value>(answer: Value): Exclude<Value, symbol> {
	if (typeof answer === 'symbol') throw new CliError('Cancelled: nothing was written.', 130)
	return answer as Exclude<Value, symbol>
}
