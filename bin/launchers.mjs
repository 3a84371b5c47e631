// Finds the processes that started this one and normally outlive it: a launcher that waits for its child, and npm with the shell in
// between. npm does not forward every signal, so the server watches these processes and shuts down when one of them exits. Plain Node.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Environment variable with the processes that the server watches, nearest first. */
export const launchersVariable = 'DRAGOMAN_LAUNCHERS'

const shells = /^-?(?:\S*\/)?(?:sh|dash|bash|ash|zsh|ksh|busybox)$/
const packageManagers = /(?:^|[\s/\\])(?:npm|npx|pnpm|pnpx|yarn|yarnpkg|bunx?)(?:$|[\s.-])/

/** @typedef {{ parent: number, group: number, command: readonly string[] }} ProcessEntry */

/**
 * The parents of a process up to the package manager that started it, nearest first; none if it was not started by one. Only shells
 * that run one command (`sh -c`) may be in between, and all must be in the same process group: a server that was started in the
 * background by an interactive shell, or detached with `setsid`, must outlive them.
 *
 * @param {number} pid
 * @param {Readonly<Record<string, string | undefined>>} environment
 * @param {(pid: number) => ProcessEntry | undefined} look
 * @returns {readonly number[]}
 */
export function packageManagerOf(pid, environment, look) {
	if (environment.npm_execpath === undefined && environment.npm_lifecycle_event === undefined) return []
	const own = look(pid)
	const chain = []
	for (let at = own?.parent; at !== undefined && at > 0; ) {
		const entry = look(at)
		if (entry === undefined || entry.group !== own.group) return []
		chain.push(at)
		const [program = '', ...args] = entry.command
		if (!isCommandShell(program, args)) return packageManagers.test(entry.command.join(' ')) ? chain : []
		at = entry.parent
	}
	return []
}

let own

/** The launchers of this process at the first call. */
export function ownPackageManager() {
	own ??= packageManagerOf(process.pid, process.env, lookUpProcess)
	return own
}

function isCommandShell(program, args) {
	return shells.test(program) && args.some((arg) => /^-[a-z]*c$/.test(arg))
}

/**
 * The current state of a process; undefined if it exited or cannot be read.
 *
 * @param {number} pid
 * @returns {ProcessEntry | undefined}
 */
export function lookUpProcess(pid) {
	try {
		return process.platform === 'linux' ? readProc(pid) : readPs(pid)
	} catch {
		return undefined
	}
}

function readProc(pid) {
	const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
	// The name before these fields is in parentheses and may contain any character.
	const [, parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
	const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
		.split('\0')
		.filter((word) => word !== '')
	return { parent: Number(parent), group: Number(group), command }
}

function readPs(pid) {
	const line = execFileSync('ps', ['-o', 'ppid=,pgid=,command=', '-p', String(pid)], {
		encoding: 'utf8',
		stdio: ['ignore', 'pipe', 'ignore'],
	})
	const [parent, group, ...command] = line.trim().split(/\s+/)
	return { parent: Number(parent), group: Number(group), command }
}
