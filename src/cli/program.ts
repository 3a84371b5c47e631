// The `dragoman` command with its subcommands. Each subcommand loads its own code when it is called.

import { Command, type OutputConfiguration } from 'commander'
import { bunFlags } from '../../bin/bun-flags.mjs'
import manifest from '../../package.json' with { type: 'json' }
import type { Environment } from '../config/environment.ts'
import { terminalText } from '../system/terminal-text.ts'
import { backupCommand } from './backup.ts'
import { chatCommand } from './chat.ts'
import type { CommandContext } from './command.ts'
import { completionCommand } from './completion.ts'
import { configCommand } from './config.ts'
import { copyCommand } from './copy.ts'
import { doctorCommand } from './doctor.ts'
import { engineCommand } from './engine.ts'
import { describeFailure } from './failure.ts'
import { addHelpTexts } from './help-text.ts'
import { initCommand } from './init.ts'
import { keysCommand } from './keys.ts'
import { launchCommand } from './launch.ts'
import { migrateCommand } from './migrate.ts'
import { modelsCommand } from './models.ts'
import { restoreCommand } from './restore.ts'
import { runCommand } from './run.ts'
import { serveCommand } from './serve.ts'
import { statusCommand } from './status.ts'
import { usageCommand } from './usage.ts'

/**
 * Runs one command and sets the exit status: 0, 1 for a failure, 2 for unknown commands or options, 78 for an invalid
 * configuration.
 */
export async function run(argv: readonly string[], environment: Environment): Promise<void> {
	surviveClosedOutput()
	const program = buildProgram({
		environment,
		version: manifest.version,
		command: [process.execPath, ...bunFlags, Bun.main],
		print: (line) => process.stdout.write(`${terminalText(line)}\n`),
		terminal: process.stdout.isTTY === true,
		printStatus: (line) => process.stderr.write(`${terminalText(line)}\n`),
	})
	try {
		await program.parseAsync(argv, { from: 'user' })
	} catch (thrown) {
		const { text, exitCode } = describeFailure(thrown)
		if (text !== undefined) process.stderr.write(`${terminalText(text)}\n`)
		process.exitCode = exitCode
		await Promise.all([written(process.stdout), written(process.stderr)])
		// A connection, a child process or standard input that the command left open would keep the process alive. The status
		// is 1 if the output of --help could not be written.
		process.exit(process.exitCode)
	}
}

/** Resolves when all earlier output is written, or writing it failed. */
function written(stream: NodeJS.WriteStream): Promise<void> {
	// An error of the stream is reported after this callback.
	return new Promise((resolve) => void stream.write('', () => setImmediate(resolve)))
}

/**
 * A closed pipe, for example by `head`, or a closed terminal is not a failure. Other output errors, such as a full
 * disk, make a command fail; a server continues.
 */
function surviveClosedOutput(): void {
	for (const stream of [process.stdout, process.stderr])
		stream.on('error', (error: NodeJS.ErrnoException) => {
			if (closedCodes.has(error.code ?? '')) return
			process.exitCode = 1
			if (stream === process.stdout) process.stderr.write(`Standard output cannot be written: ${error.message}\n`)
		})
}

/** EIO means that the terminal was closed. */
const closedCodes: ReadonlySet<string> = new Set(['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED'])

/** The complete command tree, without running anything. The documentation's tests traverse it. */
export function buildProgram(context: CommandContext): Command {
	const program = new Command('dragoman')
		.description('Any chat dialect in, any model behind, the conversation kept in between.')
		.version(context.version)
		.exitOverride()
		.hook('preAction', (_, command) => refuseEmptyValues(command))
	for (const make of commands) program.addCommand(make(context))
	program.addCommand(completionCommand(context, () => program))
	inherit(program, [])
	addHelpTexts(program)
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
	backupCommand,
	restoreCommand,
	configCommand,
	doctorCommand,
	runCommand,
	chatCommand,
	initCommand,
	launchCommand,
	statusCommand,
] as const

/** An empty value is mostly a variable of the shell that is not set. As a path, it would be the working directory. */
function refuseEmptyValues(command: Command): void {
	for (const option of command.options) {
		const value: unknown = command.getOptionValue(option.attributeName())
		const isEmpty = Array.isArray(value) ? value.includes('') : value === ''
		if (isEmpty && !mayBeEmpty.has(option.long ?? ''))
			command.error(`error: option '${option.flags}' argument '' is invalid. It must not be empty.`)
	}
	for (const [index, argument] of command.registeredArguments.entries())
		if (command.processedArgs[index] === '')
			command.error(`error: argument '${argument.name()}' is invalid. It must not be empty.`)
}

const mayBeEmpty: ReadonlySet<string> = new Set(['--system'])

/** Mistakes whose message does not say what is possible. */
const needsHelp =
	/^error: (unknown command|unknown option|too many arguments|missing required argument|required option)/

/** Messages of the parser quote arguments. @param words of the command, after `dragoman`. */
function safeOutput(words: readonly string[]): OutputConfiguration {
	const help = `See \`${['dragoman', ...words, '--help'].join(' ')}\`.\n`
	return {
		writeErr: (text: string) => process.stderr.write(terminalText(text)),
		// The parser's own line feeds are at the end and before a suggestion.
		outputError: (text: string, write: (text: string) => void) =>
			write(`${text.replace(/\n(?!$|\(Did you mean)/g, '\\u000a')}${needsHelp.test(text) ? help : ''}`),
	}
}

/** Makes a command and its subcommands throw instead of exiting, so that the exit status is decided in `run` only. */
function inherit(command: Command, words: readonly string[]): void {
	command.exitOverride().enablePositionalOptions().configureOutput(safeOutput(words))
	for (const child of command.commands) inherit(child, [...words, child.name()])
}
