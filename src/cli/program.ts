// The `dragoman` command: its subcommands and what they have in common. Each loads its own code when it is called.

import { Command } from 'commander'
import { bunFlags } from '../../bin/bun-flags.mjs'
import manifest from '../../package.json' with { type: 'json' }
import type { Environment } from '../config/environment.ts'
import type { CommandContext } from './command.ts'
import { configCommand } from './config.ts'
import { copyCommand } from './copy.ts'
import { engineCommand } from './engine.ts'
import { describeFailure } from './failure.ts'
import { keysCommand } from './keys.ts'
import { migrateCommand } from './migrate.ts'
import { modelsCommand } from './models.ts'
import { serveCommand } from './serve.ts'
import { usageCommand } from './usage.ts'

/** Runs one command and sets the exit status: 0, 1 for a failure, 2 for words it does not know, 78 for a wrong configuration. */
export async function run(argv: readonly string[], environment: Environment): Promise<void> {
	surviveClosedOutput()
	const program = buildProgram({
		environment,
		version: manifest.version,
		command: [process.execPath, ...bunFlags, Bun.main],
		print: (line) => process.stdout.write(`${line}\n`),
		terminal: process.stdout.isTTY === true,
		tell: (line) => process.stderr.write(`${line}\n`),
	})
	try {
		await program.parseAsync(argv, { from: 'user' })
	} catch (thrown) {
		const { text, exitCode } = describeFailure(thrown)
		if (text !== undefined) process.stderr.write(`${text}\n`)
		process.exitCode = exitCode
		await Promise.all([written(process.stdout), written(process.stderr)])
		// A connection, a child process or standard input that the command left open would keep the process alive.
		process.exit(exitCode)
	}
}

/** Resolves when everything before is written, or cannot be. */
function written(stream: NodeJS.WriteStream): Promise<void> {
	return new Promise((resolve) => void stream.write('', () => resolve()))
}

/**
 * A reader that closes its end of a pipe, such as `head`, or a terminal that is closed, is no failure. Other errors of an output, such as
 * a full disk, make a command fail; a server continues.
 */
function surviveClosedOutput(): void {
	for (const stream of [process.stdout, process.stderr])
		stream.on('error', (error: NodeJS.ErrnoException) => {
			if (closedCodes.has(error.code ?? '')) return
			process.exitCode = 1
			if (stream === process.stdout) process.stderr.write(`Standard output cannot be written: ${error.message}\n`)
		})
}

/** EIO: the terminal is closed. */
const closedCodes: ReadonlySet<string> = new Set(['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED'])

/** The whole command tree, without running anything: also what the documentation's tests walk through. */
export function buildProgram(surroundings: CommandContext): Command {
	const program = new Command('dragoman')
		.description('Any chat dialect in, any model behind, the conversation kept in between.')
		.version(surroundings.version)
		.exitOverride()
		.enablePositionalOptions()
		.configureOutput({ writeErr: (text) => process.stderr.write(text) })
	for (const make of commands) program.addCommand(inherit(make(surroundings)))
	return program
}

const commands = [
	serveCommand,
	engineCommand,
	keysCommand,
	usageCommand,
	modelsCommand,
	migrateCommand,
	copyCommand,
	configCommand,
] as const

/** Exits as exceptions, for a command and all below it, so that one place decides the exit status. */
function inherit(command: Command): Command {
	command.exitOverride().enablePositionalOptions()
	for (const child of command.commands) inherit(child)
	return command
}
