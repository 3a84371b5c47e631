// The reason reported to an operator for errors of the system.

import { expect, test } from 'bun:test'
import { listenError } from './listen-failure.ts'

function failure(listen: () => { stop: (force: boolean) => unknown }): unknown {
	try {
		listen().stop(true)
	} catch (thrown) {
		return thrown
	}
	return undefined
}
const serve = (hostname: string, port: number) => Bun.serve({ hostname, port, fetch: () => new Response() })

test('an address in use, and one that the machine does not have', () => {
	const server = serve('127.0.0.1', 0)
	const address = `127.0.0.1:${server.port}`
	expect(
		listenError(
			address,
			failure(() => serve('127.0.0.1', server.port ?? 0)),
		).message,
	).toBe(`Cannot listen on ${address}: the address is in use`)
	server.stop(true)
	expect(
		listenError(
			'192.0.2.1:80',
			failure(() => serve('192.0.2.1', 8080)),
		).message,
	).toBe('Cannot listen on 192.0.2.1:80: this machine does not have the address')
})

test.each([
	['a server', (hostname: string) => serve(hostname, 8080)],
	['a socket', (hostname: string) => Bun.listen({ hostname, port: 8080, socket: { data: () => undefined } })],
])('a host name that does not exist, for %s', (_, listen) =>
	expect(
		listenError(
			'no-such-host.invalid:80',
			failure(() => listen('no-such-host.invalid')),
		).message,
	).toBe('Cannot listen on no-such-host.invalid:80: the host name cannot be resolved'),
)

test('any other failure with its own message', () => {
	expect(listenError('a:1', new Error('no room')).message).toBe('Cannot listen on a:1: no room')
	expect(listenError('a:1', 'no room').message).toBe('Cannot listen on a:1: no room')
})
