// dragoman serve: the gateway on a socket, from configuration to a graceful end.

import { Command, Option } from 'commander'
import { type ConfigFlags, openConfiguredLog, readSettings, type Settings } from '../config/settings.ts'
import type { Gateway } from '../gateway.ts'
import { type Listener, listen } from '../http/listener.ts'
import { systemClock } from '../time/clock.ts'
import { Complaint } from './complaint.ts'
import { addConfigOptions, type CommandSurroundings } from './program.ts'
import { openProgress } from './progress.ts'

/** How long running answers may go on after the first signal, in milliseconds. */
const closeDeadlineMs = 10_000

export function serveCommand(surroundings: CommandSurroundings): Command {
	return addConfigOptions(new Command('serve').description('serve the API and the web page'))
		.addOption(
			new Option('--listen <host:port>', 'address to serve on; also DRAGOMAN_LISTEN (default: 127.0.0.1:8080)'),
		)
		.action(async (flags: ConfigFlags) => {
			const settings = await readSettings(flags, surroundings.environment)
			const { openGateway } = await import('../gateway.ts')
			const { version, command, environment } = surroundings
			const gateway = await openGateway(settings, {
				version,
				command,
				environment,
				showProgress: () => openProgress(process.stderr, systemClock),
				clock: systemClock,
				log: openConfiguredLog(settings),
			})
			// From here on a signal ends the server in good order, also one that comes as soon as it says that it listens.
			const signalled = firstSignal()
			const listener = await listenOrClose(gateway, settings)
			const [model] = gateway.models
			const firstKey = await gateway.makeFirstKey()
			for (const line of welcome(listener.url, firstKey, model?.name ?? 'MODEL', version)) surroundings.print(line)
			await signalled
			await listener.close(closeDeadlineMs)
			await gateway.close()
			process.exit(0)
		})
}

/** What a newcomer needs: where it listens, the key on the first start, and something to try. */
function welcome(url: string, firstKey: string | undefined, model: string, version: string): readonly string[] {
	const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'What is the capital of France?' }] })
	return [
		`Dragoman ${version} listens on ${url}`,
		'',
		firstKey === undefined
			? '  Another API key:  npx dragoman keys create --name NAME'
			: `  Your API key, shown this once:  ${firstKey}`,
		'',
		'  Try:',
		`  curl ${url}/v1/chat/completions -H "authorization: Bearer ${firstKey ?? '$KEY'}" -H "content-type: application/json" -d '${body}'`,
		'',
	]
}

/** Says which address is taken instead of showing a stack, and leaves no engine behind. */
async function listenOrClose(gateway: Gateway, { config }: Settings): Promise<Listener> {
	try {
		return listen({ address: config.listen, fetch: gateway.fetch, maxBodyBytes: 2 * config.limits.bodyBytes })
	} catch (cause) {
		await gateway.close()
		throw new Complaint(`Cannot listen on ${config.listen}: ${cause instanceof Error ? cause.message : String(cause)}`)
	}
}

/** Resolves at the first signal; the second ends the process at once. */
async function firstSignal(): Promise<void> {
	const signals = ['SIGINT', 'SIGTERM'] as const
	await new Promise<void>((resolve) => {
		for (const signal of signals) process.once(signal, () => resolve())
	})
	for (const signal of signals) process.once(signal, () => process.exit(130))
}
