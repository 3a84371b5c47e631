// A real server process on a Unix socket, for tests.

import { join } from 'node:path'
import { eventually } from './faults/gateway.ts'
import { root } from './server.ts'

export interface SocketServer {
	readonly path: string
	readonly child: Bun.Subprocess
	readonly output: () => string
	readonly log: () => string
	fetch(path: string, init?: RequestInit): Promise<Response>
}

/** Starts a server with the echo engine on the socket `d.sock` in `folder`. Resolves when it listens or has ended. */
export async function startSocketServer(
	folder: string,
	more = '',
	args: readonly string[] = [],
): Promise<SocketServer> {
	const path = join(folder, 'd.sock')
	const config = join(folder, `${crypto.randomUUID()}.yaml`)
	await Bun.write(
		config,
		`listen: "unix:${path}"\ndata: "${folder}/data"\nmodels: { echo: { route: e } }\nupstreams: { e: { engine: echo } }\n${more}`,
	)
	const child = Bun.spawn([process.execPath, join(root, 'src', 'main.ts'), 'serve', '--config', config, ...args], {
		stdin: 'ignore',
		stdout: 'pipe',
		stderr: 'pipe',
	})
	const texts = ['', '']
	const collect = async (stream: ReadableStream<Uint8Array>, index: number) => {
		const decoder = new TextDecoder()
		for await (const bytes of stream) texts[index] += decoder.decode(bytes, { stream: true })
	}
	void collect(child.stdout, 0)
	void collect(child.stderr, 1)
	await eventually(
		'the server listens or ends',
		() => texts[0]?.includes('listens on') || child.exitCode !== null,
		20_000,
	)
	await eventually('the end of its output', () => child.exitCode === null || texts[1] !== '')
	return {
		path,
		child,
		output: () => texts[0] ?? '',
		log: () => texts[1] ?? '',
		fetch: (target, init) => fetch(`http://localhost${target}`, { ...init, unix: path }),
	}
}
