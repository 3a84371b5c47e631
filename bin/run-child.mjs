// Runs a program as a child of this process: signals are forwarded to it, and this process exits with its status. Plain Node.

import { spawn } from 'node:child_process'
import { constants } from 'node:os'

/**
 * Exits with the child's exit status, or 128 plus the number of the signal that ended it.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions} options
 */
export function runChild(program, args, options) {
	const child = spawn(program, args, { stdio: 'inherit', ...options })
	for (const signal of forwarded()) process.on(signal, () => child.kill(signal))
	// The console delivers Ctrl-C to the child as well; this process waits for the child to exit.
	if (process.platform === 'win32') for (const signal of ['SIGINT', 'SIGBREAK']) process.on(signal, () => undefined)
	child.on('error', (error) => {
		process.stderr.write(`dragoman: ${program} cannot be started: ${error.message}\n`)
		process.exit(1)
	})
	child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]))
}

/** On Windows `kill` terminates a process immediately, whatever the signal is. */
function forwarded() {
	return process.platform === 'win32' ? [] : ['SIGINT', 'SIGTERM', 'SIGHUP']
}
