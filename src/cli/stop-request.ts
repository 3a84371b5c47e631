// What ends or reloads a server: signals, and the end of the processes that started it. A worker gets the same from its supervisor
// instead (worker.ts).

import type { CommandContext } from './command.ts'
import { launchersOf, systemParents, watchLaunchers } from './launchers.ts'
import { followSignals, forcedStatus, Stop } from './stop.ts'

export interface StopRequest {
	/** Resolves when the server is to end gracefully. */
	readonly begun: Promise<void>
	/** Calls `reload` each time the configuration is to be read again. */
	onReload(reload: () => void): void
}

/** @param force ends the process at the second signal; by default with status 130, without waiting for anything. */
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
		onGone: () => stop.begin(),
	})
	followSignals(stop, () => {
		watch.hungUp()
		for (const reload of reloads) reload()
	})
	return { begun: stop.begun, onReload: (reload) => void reloads.add(reload) }
}

/** Waits for `opening`. If the end begins before, nothing is being served yet: the process ends at once, with status 0. */
export async function openUnlessEnded<Result>(ending: Promise<void>, opening: Promise<Result>): Promise<Result> {
	let settled = false
	void ending.then(() => {
		if (!settled) process.exit(0)
	})
	try {
		return await opening
	} finally {
		settled = true
	}
}
