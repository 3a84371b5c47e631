// Shuts down a server when a process that started it and waits for it exits: a launcher, or npm with the shell in
// between. bin/launchers.mjs finds these processes; a server that was started directly has none and outlives its
// parent.

import { launchersVariable, lookUpProcess } from '../../bin/launchers.mjs'
import type { Environment } from '../config/environment.ts'

const pollMs = 250
/**
 * SIGHUP to the process group ends npm even under `nohup`, because Node resets the signal. The server must continue in
 * this case, so launchers that exit this soon after the signal are ignored, in milliseconds.
 */
const hangupWindowMs = 2000

export interface LauncherWatch {
	/** Reports a SIGHUP that did not stop the server. */
	reportHangup(): void
	/** Compares the processes with those at startup. Called by a timer; public for tests. */
	check(): void
	close(): void
}

export interface LauncherWatchOptions {
	/** Each is the parent of the previous one; the first is this process's own parent. */
	readonly launchers: readonly number[]
	/** The current parent of a process, by default of this one; undefined if the process does not exist. */
	readonly parentOf: (pid?: number) => number | undefined
	readonly nowMs: () => number
	/** Called once. */
	readonly onExit: () => void
}

/** The processes to watch, nearest first. bin/dragoman.mjs sets them in the environment. */
export function launchersOf(environment: Environment): readonly number[] {
	return (environment[launchersVariable] ?? '')
		.split(' ')
		.map(Number)
		.filter((pid) => pid > 0)
}

export function watchLaunchers({ launchers, parentOf, nowMs, onExit }: LauncherWatchOptions): LauncherWatch {
	let hangupAtMs = Number.NEGATIVE_INFINITY
	let wasMissing = false
	let closed = launchers.length === 0
	const timer = setInterval(() => watch.check(), pollMs)
	timer.unref()
	const allThere = () =>
		launchers.every((pid, at) => {
			const child = at === 0 ? undefined : launchers[at - 1]
			return parentOf(child) === pid
		})
	const watch: LauncherWatch = {
		reportHangup() {
			hangupAtMs = nowMs()
		},
		check() {
			if (closed || allThere()) return
			// A SIGHUP to the whole group may not have been handled in this process yet.
			if (!wasMissing) {
				wasMissing = true
				return
			}
			watch.close()
			if (nowMs() - hangupAtMs > hangupWindowMs) onExit()
		},
		close() {
			closed = true
			clearInterval(timer)
		},
	}
	if (closed) watch.close()
	return watch
}

/**
 * The current parent of a process. On systems other than Linux only this process's own parent can be read; for any
 * other running process, the parent that it had at startup is returned.
 */
export function systemParents(launchers: readonly number[]): (pid?: number) => number | undefined {
	return (pid) => {
		// Windows does not replace a parent that exited.
		if (pid === undefined) return process.platform !== 'win32' || isAlive(process.ppid) ? process.ppid : undefined
		if (process.platform === 'linux') return lookUpProcess(pid)?.parent
		const parent = launchers[launchers.indexOf(pid) + 1]
		return parent !== undefined && isAlive(parent) ? parent : undefined
	}
}

function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0)
		return true
	} catch (thrown) {
		return thrown instanceof Error && 'code' in thrown && thrown.code === 'EPERM'
	}
}
