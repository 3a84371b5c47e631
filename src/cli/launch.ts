// dragoman launch: starts a coding agent that uses a running server, and exits with its status.

import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { Argument, Command } from 'commander'
import type { Environment } from '../config/environment.ts'
import { isLoopback } from '../http/hosts.ts'
import { socketPathOf } from '../http/listen-address.ts'
import { readProxyEnvironment } from '../http/proxy-environment.ts'
import { CliError } from './cli-error.ts'
import { type CodingAgent, codingAgents } from './coding-agent.ts'
import type { CommandContext } from './command.ts'
import { addServerOptions, connectServer, type ServerFlags } from './server-connection.ts'
import { chooseChatModel, listModels } from './server-models.ts'

interface LaunchFlags extends ServerFlags {
	readonly model?: string
}

export function launchCommand(context: CommandContext): Command {
	return addServerOptions(
		new Command('launch')
			.description('start a coding agent that uses a running server')
			.addArgument(new Argument('<agent>', 'the agent').choices(Object.keys(codingAgents)))
			.argument('[args...]', 'arguments of the agent, after --')
			.option('--model <model>', 'model of the agent (default: the first one that chats)'),
	).action((name: string, args: readonly string[], flags: LaunchFlags) => launch(name, args, flags, context))
}

const agents: Readonly<Record<string, CodingAgent>> = codingAgents

async function launch(
	name: string,
	args: readonly string[],
	flags: LaunchFlags,
	context: CommandContext,
): Promise<void> {
	const agent = agents[name]
	if (agent === undefined) throw new CliError(`There is no agent '${name}'.`, 2)
	const { environment, printStatus } = context
	const program = Bun.which(agent.program, { PATH: environment.PATH ?? '' })
	if (program === null)
		throw new CliError(
			`${agent.title} is not installed: there is no \`${agent.program}\` on the PATH. Install it with: ${agent.install}`,
		)
	const server = await connectServer(flags, context)
	if (socketPathOf(server.url) !== undefined)
		throw new CliError(`${agent.title} cannot connect to a Unix socket, on which this server listens: serve on a port.`)
	const models = await listModels(server)
	const model = chooseChatModel(models, flags.model)
	const { id, contextTokens } = model
	if (contextTokens !== undefined && contextTokens < agent.leastContextTokens)
		printStatus(
			`Warning: ${agent.title} needs a context of about ${agent.leastContextTokens} tokens, and ${id} has ${contextTokens}.`,
		)
	const chatting = models.filter(({ chats }) => chats)
	const start = agent.start({ url: server.url, key: server.key ?? '', model, models: chatting })
	process.exitCode = await runAgent(program, [...start.args, ...args], {
		...environment,
		...noProxyFor(server.url, environment),
		...start.environment,
	})
}

/** Agents send requests to this machine through the proxy of the environment unless NO_PROXY has its address. */
function noProxyFor(url: string, environment: Environment): Environment {
	const hostname = new URL(url).hostname.replace(/^\[|\]$/g, '')
	const { proxies, noProxy, ignored } = readProxyEnvironment(environment)
	// Clients compare the whole value with `*`.
	if (noProxy === '*' || !isLoopback(hostname) || (proxies.length === 0 && ignored === undefined)) return {}
	const hosts = [...(noProxy === undefined ? [] : [noProxy]), hostname].join(',')
	return { no_proxy: hosts, NO_PROXY: hosts }
}

/** Resolves to the exit status; 128 and the number of the signal that ended the agent. */
function runAgent(
	program: string,
	args: readonly string[],
	environment: Readonly<Record<string, string | undefined>>,
): Promise<number> {
	return new Promise((resolve, reject) => {
		// The agent is in the same process group and gets the signals of the terminal itself.
		const ignore = () => undefined
		for (const signal of ['SIGINT', 'SIGQUIT'] as const) process.on(signal, ignore)
		const child = spawn(program, [...args], { env: { ...environment }, stdio: 'inherit' })
		const forward = () => child.kill('SIGTERM')
		process.once('SIGTERM', forward)
		child.once('error', reject)
		child.once('close', (status, signal) => {
			for (const name of ['SIGINT', 'SIGQUIT'] as const) process.off(name, ignore)
			process.off('SIGTERM', forward)
			resolve(status ?? 128 + (signal === null ? 0 : constants.signals[signal]))
		})
	})
}
