// dragoman chat: a conversation with a model of a running server on a terminal. The server stores it, so that it can be
// continued later, also on the web page.

import { access, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Command } from 'commander'
import { nearest } from '../system/nearest.ts'
import { describeSystemError } from '../system/system-error.ts'
import { terminalLine, terminalText } from '../system/terminal-text.ts'
import { ChatSession } from './chat-session.ts'
import { type ChatTerminal, Interrupted, openChatTerminal } from './chat-terminal.ts'
import { CliError } from './cli-error.ts'
import type { CommandContext } from './command.ts'
import { addServerOptions, connectServer, type ServerConnection, type ServerFlags } from './server-connection.ts'
import { chooseChatModel, listModels } from './server-models.ts'

interface ChatFlags extends ServerFlags {
	readonly system?: string
	readonly conversation?: string
}

export function chatCommand(context: CommandContext): Command {
	return addServerOptions(
		new Command('chat')
			.description(
				'chat with a model of a running server; needs a terminal (`run` is for scripts and pipes). The server stores the conversation',
			)
			.argument('[model]', 'name of the model (default: the first one that chats)')
			.option('--system <text>', 'system message of new conversations')
			.option('--conversation <id>', 'continue a stored conversation'),
	).action((model: string | undefined, flags: ChatFlags) => chat(model, flags, context))
}

async function chat(name: string | undefined, flags: ChatFlags, context: CommandContext): Promise<void> {
	if (!context.terminal || process.stdin.isTTY !== true)
		throw new CliError('`chat` needs a terminal. In scripts and pipes, use `dragoman run MODEL "QUESTION"`.', 2)
	const server = await connectServer(flags, context)
	const session = new ChatSession(server, chooseChatModel(await listModels(server), name).id)
	session.system = flags.system
	if (flags.conversation !== undefined) await session.resume(flags.conversation)
	const terminal = openChatTerminal(Object.keys(chatCommands))
	terminal.write(`${terminalLine(session.model)} at ${server.url}. /help lists the commands; /exit or Ctrl-D leaves.\n`)
	try {
		await converse({ server, session, terminal })
	} finally {
		terminal.close()
	}
	if (session.conversation !== undefined)
		context.printStatus(`To continue: dragoman chat ${session.model} --conversation ${session.conversation}`)
}

interface Chat {
	readonly server: ServerConnection
	readonly session: ChatSession
	readonly terminal: ChatTerminal
}

async function converse(chat: Chat): Promise<void> {
	for (;;) {
		const input = await chat.terminal.read('> ')
		if (input === undefined) return chat.terminal.write('\n')
		try {
			if (input.type !== 'line' || !input.text.startsWith('/')) await answer(input.text, chat)
			else if ((await runSlashCommand(input.text, chat)) === 'exit') return
		} catch (thrown) {
			// The conversation continues after a failed call.
			if (!(thrown instanceof CliError)) throw thrown
			chat.terminal.write(`${terminalLine(thrown.message)}\n`)
		}
	}
}

async function answer(message: string, { session, terminal }: Chat): Promise<void> {
	await terminal.interruptible(async (signal) => {
		const pieces = session.ask(message, signal)
		let [isOpen, isReasoning] = [false, false]
		try {
			for (;;) {
				const { done, value } = await pieces.next()
				if (done === true) {
					if (value.isCut) terminal.write('\n(The answer ended at the token limit.)')
					return
				}
				const reasoning = value.type === 'reasoning'
				if (isReasoning !== reasoning) terminal.write(reasoning ? dim : `${normal}${isOpen ? '\n\n' : ''}`)
				isReasoning = reasoning
				isOpen = true
				terminal.write(terminalText(value.text))
			}
		} catch (thrown) {
			if (!(thrown instanceof Interrupted)) throw thrown
			terminal.write(`${normal}\n(stopped)`)
		} finally {
			terminal.write(`${isReasoning ? normal : ''}\n`)
		}
	})
}

/** Control sequences of terminals. */
const [dim, normal] = ['\u001b[2m', '\u001b[0m']

interface SlashCommand {
	readonly help: string
	run(argument: string, chat: Chat): Promise<'exit' | undefined>
}

const chatCommands: Readonly<Record<string, SlashCommand>> = {
	'/new': {
		help: '/new              begins a new conversation',
		async run(_, { session, terminal }) {
			session.begin()
			terminal.write('A new conversation.\n')
			return undefined
		},
	},
	'/model': {
		help: '/model [NAME]     lists the models, or changes to another one',
		async run(name, { server, session, terminal }) {
			const models = await listModels(server)
			if (name !== '') session.model = chooseChatModel(models, name).id
			const lines = models
				.filter(({ chats }) => chats)
				.map(({ id }) => `${id === session.model ? '*' : ' '} ${terminalLine(id)}`)
			terminal.write(`${name === '' ? lines.join('\n') : `The model is ${terminalLine(session.model)}.`}\n`)
			return undefined
		},
	},
	'/system': {
		help: '/system [TEXT]    shows the system message, or begins a conversation with another one',
		async run(text, { session, terminal }) {
			if (text !== '') {
				session.system = text
				session.begin()
			}
			const shown = session.system === undefined ? 'There is no system message.' : `System: ${session.system}`
			terminal.write(`${terminalText(shown)}${text === '' ? '' : '\nA new conversation.'}\n`)
			return undefined
		},
	},
	'/save': {
		help: '/save FILE        writes the conversation to a new file: JSON if its name ends in .json, else Markdown',
		async run(file, chat) {
			await save(file, chat)
			return undefined
		},
	},
	'/help': {
		help: '/help             shows this list',
		async run(_, { terminal }) {
			terminal.write(
				`${Object.values(chatCommands)
					.map(({ help }) => help)
					.join('\n')}\n${keysHelp}\n`,
			)
			return undefined
		},
	},
	'/exit': { help: '/exit             leaves', run: async () => 'exit' },
}

const keysHelp = `Several lines: begin and end them with """, or end each line but the last with a backslash.
Ctrl-C stops an answer; twice at the prompt, it leaves.`

async function runSlashCommand(message: string, chat: Chat): Promise<'exit' | undefined> {
	const [, name = '', argument = ''] = /^(\S+)\s*([\s\S]*)$/.exec(message) ?? []
	const command = Object.hasOwn(chatCommands, name) ? chatCommands[name] : undefined
	if (command !== undefined) return command.run(argument.trim(), chat)
	const meant = nearest(name, Object.keys(chatCommands))
	throw new CliError(
		`There is no command ${name}${meant === undefined ? '' : ` (did you mean ${meant}?)`}. /help lists the commands.`,
	)
}

async function save(file: string, { session, terminal }: Chat): Promise<void> {
	if (file === '') throw new CliError('Name a file, such as /save chat.md')
	const path = resolve(file)
	const exists = await access(path).then(
		() => true,
		() => false,
	)
	if (exists) throw new CliError(`${path} exists already: choose another name.`)
	const text = /\.json$/i.test(path) ? JSON.stringify(await session.export(), null, 2) : await writeMarkdown(session)
	if (text === undefined || text === '') throw new CliError('There is nothing to save yet.')
	try {
		await writeFile(path, `${text}\n`, { flag: 'wx' })
	} catch (cause) {
		throw new CliError(`Not saved: ${cause instanceof Error ? describeSystemError(cause) : String(cause)}.`)
	}
	terminal.write(`Saved ${path}\n`)
}

async function writeMarkdown(session: ChatSession): Promise<string> {
	const messages = await session.messages()
	return messages.map(({ role, text }) => `## ${role}\n\n${text}`).join('\n\n')
}
