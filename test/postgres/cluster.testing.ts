// A PostgreSQL server of a test's own, which it can stop, freeze and make read-only. Only if the environment has a server
// for tests, which proves that its programs are installed.

import { existsSync, readdirSync } from 'node:fs'
import { chown, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SQL } from 'bun'
import { postgresServer } from '../../src/stores/postgres/server.testing.ts'
import { eventually } from '../faults/gateway.ts'

/** The folder of the programs; undefined if tests have no PostgreSQL. */
export const clusterPrograms = postgresServer === undefined ? undefined : findPrograms()

export class Cluster {
	private readonly folder: string
	private readonly programs: string
	private readonly port: number
	readonly url: string

	private constructor(folder: string, programs: string, port: number) {
		this.folder = folder
		this.programs = programs
		this.port = port
		this.url = `postgres://postgres@127.0.0.1:${port}/postgres`
	}

	static async start(programs: string): Promise<Cluster> {
		const folder = await mkdtemp(join(tmpdir(), 'dragoman-cluster-'))
		const user = await postgresUser()
		if (user !== undefined) await chown(folder, user, -1)
		const cluster = new Cluster(folder, programs, await freePort())
		await cluster.run('initdb', ['-D', cluster.data, '-A', 'trust', '-U', 'postgres', '--no-sync'])
		await cluster.restart()
		return cluster
	}

	/** As after a crash: connections break, and open transactions are rolled back. */
	async stop(): Promise<void> {
		await this.run('pg_ctl', ['-D', this.data, '-m', 'immediate', '-w', 'stop'])
	}

	async restart(): Promise<void> {
		const options = `-p ${this.port} -k ${this.folder} -c listen_addresses=127.0.0.1 -c fsync=off`
		await this.run('pg_ctl', ['-D', this.data, '-l', join(this.folder, 'log'), '-o', options, '-w', 'start'])
	}

	/** Its processes do nothing; connections stay open. */
	async freeze(): Promise<void> {
		await this.signalAll('SIGSTOP')
	}

	async thaw(): Promise<void> {
		await this.signalAll('SIGCONT')
	}

	async setReadOnly(on: boolean): Promise<void> {
		const sql = new SQL(this.url, { max: 1 })
		await sql.unsafe(`ALTER SYSTEM SET default_transaction_read_only = ${on ? 'on' : 'off'}`)
		await sql.unsafe('SELECT pg_reload_conf()')
		await sql.close()
		// Each session reads the file again before its next statement.
		const isApplied = async () => {
			const fresh = new SQL(this.url, { max: 1 })
			const [row] = await fresh`SHOW default_transaction_read_only`
			await fresh.close()
			return row?.default_transaction_read_only === (on ? 'on' : 'off')
		}
		await eventually('new setting', isApplied)
	}

	async remove(): Promise<void> {
		await this.thaw().catch(() => undefined)
		await this.stop().catch(() => undefined)
		await rm(this.folder, { recursive: true, force: true })
	}

	private get data(): string {
		return join(this.folder, 'data')
	}

	/** The first process starts all others. */
	private async signalAll(signal: NodeJS.Signals): Promise<void> {
		const first = Number((await Bun.file(join(this.data, 'postmaster.pid')).text()).split('\n')[0])
		const children = (await Bun.file(`/proc/${first}/task/${first}/children`).text()).trim().split(/\s+/)
		for (const pid of [first, ...children.filter((child) => child !== '').map(Number)])
			try {
				process.kill(pid, signal)
			} catch (thrown) {
				// It has ended since it was listed.
				if (Reflect.get(Object(thrown), 'code') !== 'ESRCH') throw thrown
			}
	}

	/** PostgreSQL refuses to run as root; its package creates a user. */
	private async run(program: string, args: readonly string[]): Promise<void> {
		const asUser = process.getuid?.() === 0 ? ['runuser', '-u', 'postgres', '--'] : []
		const child = Bun.spawn([...asUser, join(this.programs, program), ...args], {
			cwd: this.folder,
			...{ stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' },
		})
		if ((await child.exited) !== 0) throw new Error(`${program} failed`)
	}
}

async function postgresUser(): Promise<number | undefined> {
	if (process.getuid?.() !== 0) return undefined
	return Number((await new Response(Bun.spawn(['id', '-u', 'postgres']).stdout).text()).trim())
}

async function freePort(): Promise<number> {
	const server = createServer()
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
	const address = server.address()
	await new Promise((resolve) => server.close(resolve))
	if (typeof address !== 'object' || address === null) throw new Error('no port')
	return address.port
}

function findPrograms(): string | undefined {
	const root = '/usr/lib/postgresql'
	const versions = existsSync(root) ? readdirSync(root) : []
	return versions
		.sort((one, other) => Number(other) - Number(one))
		.map((version) => join(root, version, 'bin'))
		.find((folder) => existsSync(join(folder, 'initdb')))
}
