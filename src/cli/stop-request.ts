// The events that shut down or reload a server: signals, and the exit of the processes that started it. For a worker
// they come from its supervisor instead (worker.ts).

import type { CommandContext } from './command.ts'
import { launchersOf, systemParents, watchLaunchers } from './launchers.ts'
import { followSignals, forcedStatus, Stop } from './stop.ts'

export interface StopRequest {
	/** Resolves when the server should shut down gracefully. */
	readonly started: Promise<void>
	/** Calls `reload` each time the configuration should be reloaded. */
	onReload(reload: () => void): void
}

/** @param force called at the second signal; by default it exits immediately with status 130. */
export function followStop(
	{ environment }: Pick<CommandContext, 'environment'>,
	force: () => void = () => process.exit(forcedStatus),
): StopRequest {
	const stop = new Stop()
	void stop.forced.then(force)
	const reloads = new Set<() => void>()
	const launchers = launchersOf(environment)
	const watch = watchLaunchers({
		launchers,
		parentOf: systemParents(launchers),
		nowMs: () => performance.now(),
		onExit: () => stop.begin(),
	})
	followSignals(stop, () => {
		watch.reportHangup()
		for (const reload of reloads) reload()
	})
	return { started: stop.started, onReload: (reload) => void reloads.add(reload) }
}

/**
 * Waits for `open`. If the shutdown begins first, no requests are being served yet: the process exits immediately with
 * status 0.
 */
export async function openUnlessEnded<Result>(stop: Promise<void>, open: Promise<Result>): Promise<Result> {
	let settled = false
	void stop.then(() => {
		if (!settled) process.exit(0)
	})
	try {
		return await open
	} finally {
		settled = true
	}
}
