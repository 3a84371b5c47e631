// Decides when a server stops: the first signal begins a graceful shutdown, a second one forces it. A terminal, systemd
// and launchers deliver one signal several times (to the process group, and forwarded by each parent), so a signal
// counts as the second only after a pause. This file does not know what is shut down, or how.

import { isatty } from 'node:tty'

/** Signals that arrive sooner than this after the first are copies of it, in milliseconds. */
export const copiesMs = 500

/** Exit status of a process that was ended by a second signal. */
export const forcedStatus = 130

export class Stop {
	private readonly beginning = Promise.withResolvers<void>()
	private readonly forcing = Promise.withResolvers<void>()
	private readonly nowMs: () => number
	private startedAtMs: number | undefined

	/** @param nowMs a clock that never goes backwards. */
	constructor(nowMs: () => number = () => performance.now()) {
		this.nowMs = nowMs
	}

	/** Resolves at the first signal, or at `begin()`. */
	get started(): Promise<void> {
		return this.beginning.promise
	}

	/** Resolves at the second signal. */
	get forced(): Promise<void> {
		return this.forcing.promise
	}

	/**
	 * Begins the shutdown without a signal, for example because the parent process exited. Never counts as the second
	 * signal.
	 */
	begin(): void {
		this.startedAtMs ??= this.nowMs()
		this.beginning.resolve()
	}

	/** Reports a signal. */
	signal(): void {
		if (this.startedAtMs === undefined) this.begin()
		else if (this.nowMs() - this.startedAtMs >= copiesMs) this.forcing.resolve()
	}
}

/**
 * Whether the process was started on a terminal, so that SIGHUP means that the terminal was closed. `nohup` redirects
 * every standard stream from the terminal; on systems other than Linux it does not redirect standard input, which is
 * therefore ignored.
 */
function isOnTerminal(): boolean {
	const streams = process.platform === 'linux' ? [0, 1, 2] : [1, 2]
	return streams.some((stream) => isatty(stream))
}

/**
 * Passes the signals that stop a server to `stop`. SIGHUP is one of them on a terminal; otherwise it calls `onHangup`.
 */
export function followSignals(stop: Stop, onHangup: () => void = () => undefined): void {
	const stopsOnHangup = isOnTerminal()
	for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.signal())
	process.on('SIGHUP', () => (stopsOnHangup ? stop.signal() : onHangup()))
}
