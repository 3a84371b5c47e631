// One case of the matrix, from the start of the server to the end of its last process. Throws where something is not as
// it should be.

import { copiesMs } from '../../src/cli/stop.ts'
import { eventually } from '../faults/gateway.ts'
import { beginAnswer, configs } from './answers.ts'
import type { SignalCase } from './cases.ts'
import { processes } from './processes.ts'
import { accepts, type StartedServer, startServer } from './started.ts'

/** How long the process that was started may take once the answer has ended. */
const endMs = 20_000
/** How long an answer may continue after the second signal, also on a busy machine. */
const cutMs = 5000

export async function runCase({ start, signal, to, answer, node }: SignalCase): Promise<void> {
	const server = await startServer({ start, node, config: configs[answer] })
	try {
		const outcome = await beginAnswer(server, answer, to === 'twice')
		const reach = to === 'main' ? 'main' : 'group'
		const reachesServer = reach === 'group' || signal === 'SIGTERM' || !hasShellBetween(server)
		server.signal(signal, reach)
		if (to === 'twice') {
			await eventually('closed port', async () => !(await accepts(server.url)))
			await Bun.sleep(copiesMs)
			server.signal(signal, reach)
		}
		const secondAtMs = performance.now()
		const { complete, text } = await outcome()
		if (to === 'twice') {
			if (complete) throw new Error(`the second signal did not cut the answer: ${text}`)
			const tookMs = performance.now() - secondAtMs
			if (tookMs > cutMs) throw new Error(`the answer ended ${Math.round(tookMs)} ms after the second signal`)
		} else if (!complete) throw new Error(`the answer is not whole: ${text}\n${server.log()}`)
		// npx passes SIGINT on to the shell that it started alone, and that waits for its child. A SIGTERM ends both.
		if (!reachesServer) server.signal('SIGTERM', 'main')
		await server.exitedCompletely(endMs)
		const status = await server.exited
		const expected = statusOf(start, to)
		if (expected !== undefined && status !== expected) throw new Error(`exit status ${status}, not ${expected}`)
		if (/"level":50|Error:/.test(server.log())) throw new Error(`errors in the log: ${server.log()}`)
	} finally {
		await server.clear()
	}
}

/** npx has its own exit status, which does not depend on the server's. */
function statusOf(start: SignalCase['start'], to: SignalCase['to']): number | undefined {
	if (start === 'npx') return undefined
	return to === 'twice' ? 130 : 0
}

/** Whether a shell runs between npm and the server: some shells replace themselves by the one command that they run. */
function hasShellBetween({ pid }: StartedServer): boolean {
	return processes().some(({ parent, command }) => parent === pid && /^\S*sh -c /.test(command))
}
