// Reservation of addresses, on loopback: other supervisors are guards of this process, other servers are sockets.

import { afterEach, describe, expect, test } from 'bun:test'
import { type GuardedAddress, guardAddress, isInUse } from './address-guard.ts'

const open: { readonly release: () => void }[] = []
afterEach(() => {
	for (const one of open.splice(0)) one.release()
})

async function guard(address: string): Promise<GuardedAddress> {
	const guarded = await guardAddress(address)
	open.push(guarded)
	return guarded
}

function serve(hostname: string, reusePort: boolean): number {
	const server = Bun.serve({ hostname, port: 0, reusePort, fetch: () => new Response() })
	open.push({ release: () => void server.stop(true) })
	return server.port ?? 0
}

const refused = (address: string) =>
	guard(address).then(
		() => false,
		(cause: unknown) => isInUse(cause),
	)
const portOf = ({ address }: GuardedAddress) => Number(address.slice(address.lastIndexOf(':') + 1))

test('port 0 becomes a free port', async () => {
	expect(portOf(await guard('127.0.0.1:0'))).toBeGreaterThan(0)
})

test('a port of another server is rejected, whether that server shares it or not', async () => {
	for (const reusePort of [false, true]) {
		expect(await refused(`127.0.0.1:${serve('127.0.0.1', reusePort)}`)).toBe(true)
		expect(await refused(`0.0.0.0:${serve('127.0.0.1', reusePort)}`)).toBe(true)
		expect(await refused(`127.0.0.1:${serve('0.0.0.0', reusePort)}`)).toBe(true)
	}
})

test('an address that the machine does not have is rejected', async () => {
	const failure = await guardAddress('192.0.2.1:8080').catch((cause: unknown) => cause)
	expect(failure).toMatchObject({ code: 'EADDRNOTAVAIL' })
})

describe.skipIf(process.platform !== 'linux')(
	'while another supervisor lives, even if none of its workers listens',
	() => {
		test.each([
			['127.0.0.1', '127.0.0.1'],
			['127.0.0.1', 'localhost'],
			['127.0.0.1', '0.0.0.0'],
			['0.0.0.0', '127.0.0.1'],
			['0.0.0.0', '[::]'],
		])('%s excludes %s', async (first, second) => {
			const port = portOf(await guard(`${first}:0`))
			expect(await refused(`${second}:${port}`)).toBe(true)
		})

		test('another address of the machine is free', async () => {
			const port = portOf(await guard('127.0.0.1:0'))
			expect(await refused(`127.0.0.2:${port}`)).toBe(false)
		})

		test('the address is free again afterwards', async () => {
			const first = await guardAddress('127.0.0.1:0')
			first.release()
			expect(await refused(first.address)).toBe(false)
		})

		test('of several concurrent starts, one gets the address', async () => {
			const { address, release } = await guardAddress('127.0.0.1:0')
			release()
			const refusals = await Promise.all(Array.from({ length: 8 }, () => refused(address)))
			expect(refusals.filter((was) => !was)).toHaveLength(1)
		})
	},
)
