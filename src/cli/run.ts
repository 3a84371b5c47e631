// dragoman run: asks a model of a running server one question and prints the answer, for scripts and pipes. It stores
// no conversation.

import { fstatSync } from 'node:fs'
import { Command, Option } from 'commander'
import { dialectNames } from '../dialects/names.ts'
import { terminalLine, terminalText } from '../system/terminal-text.ts'
import { readAnswer } from './answer-stream.ts'
import { CliError } from './cli-error.ts'
import type { CommandContext } from './command.ts'
import { type DialectQuestion, dialectQuestions, usualDialect } from './dialect-question.ts'
import {
	addServerOptions,
	connectServer,
	RequestError,
	type ServerConnection,
	type ServerFlags,
} from './server-connection.ts'
import { listModels, withModels } from './server-models.ts'

interface RunFlags extends ServerFlags {
	readonly as: string
	readonly system?: string
	readonly json?: true
}

export function runCommand(context: CommandContext): Command {
	return addServerOptions(
		new Command('run')
			.description('ask a model of a running server one question; standard input is added to the question')
			.argument('<model>', 'name of the model')
			.argument('[question...]', 'the question; several arguments are joined with spaces')
			.addOption(
				new Option('--as <dialect>', 'dialect of the request').choices([...dialectNames]).default(usualDialect),
			)
			.option('--system <text>', 'system message')
			.option('--json', "print the whole response in the dialect's format, not streamed"),
	).action((model: string, words: readonly string[], flags: RunFlags) => ask(model, words, flags, context))
}

async function ask(model: string, words: readonly string[], flags: RunFlags, context: CommandContext): Promise<void> {
	const text = [words.join(' '), await pipedInput()].filter((part) => part.trim() !== '').join('\n\n')
	if (text === '')
		throw new CliError(
			`There is no question: the first argument is the model (${terminalLine(model)}). Pass the question after it, or on standard input.`,
			2,
		)
	const dialect = dialectQuestions[flags.as]
	if (dialect === undefined) throw new CliError(`'${flags.as}' is not a dialect.`, 2)
	const server = await connectServer(flags, context)
	const question = { model, text, system: flags.system, stream: flags.json !== true }
	const closed = outputClosed()
	try {
		const response = await server.send(dialect.path, {
			body: dialect.write(question),
			headers: dialect.headers(server.key ?? ''),
			signal: closed,
		})
		if (flags.json === true) context.print((await response.text()).trimEnd())
		else {
			const answered = await printAnswer(response, dialect, closed, context)
			if (answered !== undefined && answered !== model) await noteOther(server, { requested: model, answered }, context)
		}
	} catch (thrown) {
		// A reader such as `head` has enough.
		if (closed.aborted) return
		if (thrown instanceof RequestError && thrown.status === 404)
			throw new CliError(await withModels(server, thrown.message, model))
		throw thrown
	}
}

/** @returns the model that the response names. */
async function printAnswer(
	response: Response,
	dialect: DialectQuestion,
	closed: AbortSignal,
	{ terminal, printStatus }: CommandContext,
): Promise<string | undefined> {
	const pieces = readAnswer(response, dialect, closed)
	let last = '\n'
	try {
		for (;;) {
			const { done, value } = await pieces.next()
			if (done === true) {
				if (value.isCut) printStatus('The answer ended at the token limit.')
				return value.model
			}
			if (value.type === 'reasoning') continue
			process.stdout.write(terminal ? terminalText(value.text) : value.text)
			last = value.text
		}
	} finally {
		if (!last.endsWith('\n')) process.stdout.write('\n')
	}
}

/** Reports that another model answered, for example while the requested one is downloaded. */
async function noteOther(
	server: ServerConnection,
	{ requested, answered }: { readonly requested: string; readonly answered: string },
	{ printStatus }: CommandContext,
): Promise<void> {
	const models = await listModels(server).catch(() => [])
	const known = models.find(({ id, aliases }) => id === requested || aliases.includes(requested))
	if (known?.id === answered) return
	printStatus(terminalLine(`Note: the model ${answered} answered. ${known?.note ?? ''}`.trimEnd()))
}

/** Aborts when the reader of standard output closes it, which also ends the request. */
function outputClosed(): AbortSignal {
	const controller = new AbortController()
	process.stdout.once('error', (cause) => controller.abort(cause))
	return controller.signal
}

/** The text of a pipe or file on standard input. A terminal, or a device such as /dev/null, is not read. */
async function pipedInput(): Promise<string> {
	try {
		const input = fstatSync(0)
		return input.isFIFO() || input.isFile() || input.isSocket() ? (await Bun.stdin.text()).trimEnd() : ''
	} catch {
		return ''
	}
}
