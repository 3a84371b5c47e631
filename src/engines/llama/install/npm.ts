// Locates and runs npm. It does not know the command.

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { isNetworkFailure, npmWaits } from '../../../../bin/npm-waits.mjs'
import { npmEnvironment } from '../child-environment.ts'

export interface NpmCall {
	readonly args: readonly string[]
	readonly folder: string
	readonly environment: Readonly<Record<string, string | undefined>>
	readonly signal: AbortSignal
	/** Called with each line that npm prints. */
	readonly onLine?: (line: string) => void
}

/** Number of npm's last lines to include in an error message. */
const maxLines = 12

/** @throws Error with npm's last lines if it fails or is missing, or the signal's reason. */
export async function runNpm({ args, folder, environment, signal, onLine }: NpmCall): Promise<void> {
	signal.throwIfAborted()
	const [command, ...before] = npmCommand(environment)
	const child = spawn(command, [...before, ...args], {
		cwd: folder,
		env: { ...npmWaits, ...npmEnvironment(environment) },
		stdio: ['ignore', 'pipe', 'pipe'],
		shell: command === 'npm' && process.platform === 'win32',
	})
	const stop = () => child.kill('SIGTERM')
	signal.addEventListener('abort', stop, { once: true })
	const last: string[] = []
	const read = async (stream: NodeJS.ReadableStream) => {
		for await (const line of createInterface({ input: stream })) {
			if (last.push(line) > maxLines) last.shift()
			onLine?.(line)
		}
	}
	const ended = new Promise<number | null>((resolve, reject) => {
		child.once('error', (cause) =>
			reject(new Error(`npm could not be started: ${cause.message}. It comes with Node.js.`, { cause })),
		)
		child.once('close', resolve)
	})
	try {
		const [status] = await Promise.all([ended, read(child.stdout), read(child.stderr)])
		signal.throwIfAborted()
		if (status !== 0) throw new Error(explainFailure(status, last))
	} finally {
		signal.removeEventListener('abort', stop)
	}
}

function explainFailure(status: number | null, lines: readonly string[]): string {
	const text = [`npm exited with status ${status}:`, ...lines].join('\n')
	return isNetworkFailure(text)
		? `${text}\nThe registry cannot be reached. Set HTTPS_PROXY, or a mirror with \`npm config set registry URL\`, or copy the engine folder from a machine with the same system.`
		: text
}

/** npm's own script if npm started this program, else `npm` from the path. */
function npmCommand(environment: NpmCall['environment']): readonly [string, ...string[]] {
	const script = environment.npm_execpath
	if (script === undefined || !/[\\/]npm-cli\.js$/.test(script)) return ['npm']
	return [environment.npm_node_execpath || environment.NODE || 'node', script]
}
