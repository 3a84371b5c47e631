// Listens on a Unix socket with its lock and its mode, as the configuration specifies them.

import { chmod } from 'node:fs/promises'
import { type Listener, type ListenOptions, listen } from '../server/listener.ts'
import { guardSocket } from './socket-guard.ts'

/**
 * The socket is created without access for others, and gets its mode then.
 *
 * @param mode octal.
 * @throws Error with the system's `code`.
 */
export async function listenOnSocket(path: string, mode: string, options: ListenOptions): Promise<Listener> {
	const lock = await guardSocket(path)
	let listener: Listener | undefined
	try {
		listener = listen(options)
		await chmod(path, Number.parseInt(mode, 8))
	} catch (thrown) {
		await listener?.close(0)
		lock.release()
		throw thrown
	}
	const opened = listener
	return {
		url: opened.url,
		async close(deadlineMs, interrupt) {
			await opened.close(deadlineMs, interrupt)
			lock.release()
		},
	}
}
