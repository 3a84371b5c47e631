// Ends a server when a process that started it and waits for it is gone: a launcher, or npm with the shell between. bin/launchers.mjs
// finds out which these are; a server that was started directly has none and outlives its parent.

import { launchersVariable, lookUpProcess } from '../../bin/launchers.mjs'
import type { Environment } from '../config/environment.ts'

const lookEveryMs = 250
/**
 * SIGHUP to the process group ends npm even under `nohup`, since Node resets the signal. The server was meant to live on then: launchers
 * that end this soon after the signal are not missed, in milliseconds.
 */
const hangUpMs = 2000

export interface LauncherWatch {
	/** SIGHUP arrived, and it did not stop the server. */
	hungUp(): void
	/** Compares the processes with those of the start. Runs by itself; public for tests. */
	look(): void
	close(): void
}

export interface LauncherWatchOptions {
	/** Each is the parent of the one before it; the first is this process's own parent. */
	readonly launchers: readonly number[]
	/** The current parent of a process, of this one without a number; undefined if there is no such process. */
	readonly parentOf: (pid?: number) => number | undefined
	readonly nowMs: () => number
	/** Called once. */
	readonly onGone: () => void
}

/** The processes to watch, nearest first: bin/dragoman.mjs puts them into the environment. */
export function launchersOf(environment: Environment): readonly number[] {
	return (environment[launchersVariable] ?? '')
		.split(' ')
		.map(Number)
		.filter((pid) => pid > 0)
}

export function watchLaunchers({ launchers, parentOf, nowMs, onGone }: LauncherWatchOptions): LauncherWatch {
	let hungUpAtMs = Number.NEGATIVE_INFINITY
	let wasGone = false
	let closed = launchers.length === 0
	const timer = setInterval(() => watch.look(), lookEveryMs)
	timer.unref()
	const allThere = () =>
		launchers.every((pid, at) => {
			const child = at === 0 ? undefined : launchers[at - 1]
			return parentOf(child) === pid
		})
	const watch: LauncherWatch = {
		hungUp() {
			hungUpAtMs = nowMs()
		},
		look() {
			if (closed || allThere()) return
			// At the first sight a SIGHUP to the whole group may not have been handled here yet.
			if (!wasGone) {
				wasGone = true
				return
			}
			watch.close()
			if (nowMs() - hungUpAtMs > hangUpMs) onGone()
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
 * The parent of a process now. On other systems than Linux only this process's own parent can be read; for any other process that lives,
 * the parent that it had at the start is returned.
 */
export function systemParents(launchers: readonly number[]): (pid?: number) => number | undefined {
	return (pid) => {
		// Windows does not replace a parent that is gone.
		if (pid === undefined) return process.platform !== 'win32' || lives(process.ppid) ? process.ppid : undefined
		if (process.platform === 'linux') return lookUpProcess(pid)?.parent
		const parent = launchers[launchers.indexOf(pid) + 1]
		return parent !== undefined && lives(parent) ? parent : undefined
	}
}

function lives(pid: number): boolean {
	try {
		process.kill(pid, 0)
		return true
	} catch (thrown) {
		return thrown instanceof Error && 'code' in thrown && thrown.code === 'EPERM'
	}
}
