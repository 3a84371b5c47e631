// PgBouncer between a gateway and its database, if the environment specifies the program.

import { connect } from 'node:net'
import { join } from 'node:path'
import { temporaryFolder } from '../server.ts'

/** Path of the program; undefined if it is not installed. */
export const pgbouncer = process.env.DRAGOMAN_TEST_PGBOUNCER

export interface PoolerOptions {
	readonly mode: 'transaction' | 'session' | 'statement'
	/** Connections to the server. */
	readonly size: number
	/** Further lines of its configuration. */
	readonly settings?: readonly string[] | undefined
}

export interface Pooler {
	/** The URL of the database through the pooler. */
	readonly url: string
	stop(): Promise<void>
}

/** @param database the URL of a database whose user needs no password. */
export async function startPooler(database: string, { mode, size, settings = [] }: PoolerOptions): Promise<Pooler> {
	const [target, folder] = [new URL(database), await temporaryFolder()]
	const port = freePort()
	const lines = [
		'[databases]',
		`* = host=${target.hostname} port=${target.port} user=${target.username}`,
		'[pgbouncer]',
		'listen_addr = 127.0.0.1',
		`listen_port = ${port}`,
		'unix_socket_dir =',
		'auth_type = any',
		`pool_mode = ${mode}`,
		`default_pool_size = ${size}`,
		...settings,
	]
	const file = join(folder, 'pgbouncer.ini')
	await Bun.write(file, `${lines.join('\n')}\n`)
	// PgBouncer refuses to run as root.
	const user = process.getuid?.() === 0 ? ['-u', 'postgres'] : []
	if (user.length > 0) Bun.spawnSync(['chmod', '-R', 'a+rX', folder])
	const child = Bun.spawn([pgbouncer ?? '', ...user, file], { stdout: 'ignore', stderr: 'ignore' })
	while (!(await isListening(port))) {
		if (child.exitCode !== null) throw new Error('PgBouncer does not start')
		await Bun.sleep(20)
	}
	const url = new URL(database)
	url.port = String(port)
	return {
		url: url.href,
		async stop() {
			child.kill('SIGKILL')
			await child.exited
		},
	}
}

function freePort(): number {
	const listener = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
	const { port } = listener
	listener.stop(true)
	return port
}

function isListening(port: number): Promise<boolean> {
	const { promise, resolve } = Promise.withResolvers<boolean>()
	const socket = connect(port, '127.0.0.1')
	socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
	return promise.finally(() => socket.destroy())
}
