// The recipe for nginx in front of a Unix socket, in docs/how-to/reverse-proxy.md.

import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { eventually } from '../faults/gateway.ts'
import { firstKeyIn, temporaryFolder } from '../server.ts'
import { startSocketServer } from '../socket-server.ts'
import { block, replaced } from './documentation.ts'
import { freePort } from './free-port.ts'

const documented = '/run/dragoman/dragoman.sock'

test('nginx passes streams, and the address of the client', async () => {
	const [folder, port] = [await temporaryFolder(), await freePort()]
	const settings = replaced(block('## On a Unix socket', 'yaml'), /^listen: .*\n/, '')
	const server = await startSocketServer(folder, settings)
	let site = replaced(block('## nginx', 'nginx'), 'listen 443 ssl;', `listen 127.0.0.1:${port};`)
	site = replaced(site, /^\s*ssl_certificate\w*\s.*\n/gm, '')
	site = replaced(site, 'proxy_pass http://127.0.0.1:8080;', block('## On a Unix socket', 'nginx'))
	site = replaced(site, documented, server.path)
	const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
		(kind) => `${kind}_temp_path ${folder}/${kind};`,
	)
	const file = join(folder, 'nginx.conf')
	await Bun.write(
		file,
		`daemon off; master_process off; pid ${folder}/pid; error_log stderr; events {}\nhttp { access_log off; ${temporary.join(' ')}\n${site}}\n`,
	)
	const nginx = Bun.spawn(['nginx', '-e', 'stderr', '-c', file], {
		stdin: 'ignore',
		stdout: 'ignore',
		stderr: 'ignore',
	})
	try {
		const url = `http://127.0.0.1:${port}`
		await eventually(
			'an answer of nginx',
			() =>
				fetch(`${url}/health`).then(
					({ ok }) => ok,
					() => false,
				),
			20_000,
		)
		const response = await fetch(`${url}/v1/chat/completions`, {
			method: 'POST',
			headers: {
				authorization: `Bearer ${await firstKeyIn(server.output())}`,
				host: 'chat.example.org',
				'content-type': 'application/json',
			},
			body: JSON.stringify({ model: 'echo', stream: true, messages: [{ role: 'user', content: 'one two three' }] }),
		})
		expect(await response.text()).toContain('[DONE]')
		const line = await eventually('the line of the request', () =>
			server
				.log()
				.split('\n')
				.find((one) => one.includes('/v1/chat/completions')),
		)
		expect(JSON.parse(line)).toMatchObject({ client: '127.0.0.1' })
	} finally {
		nginx.kill()
		server.child.kill()
		await Promise.all([nginx.exited, server.child.exited])
	}
})
