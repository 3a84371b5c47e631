import { expect, test } from 'bun:test'
import { type Admission, ConnectionTable, type CountedConnection } from './connection-table.ts'

class Fake implements CountedConnection {
	known = false
	isIdle = true
	evicted = false
	readonly limitedAddress: string | undefined
	private readonly table: ConnectionTable
	constructor(table: ConnectionTable, limitedAddress: string | undefined) {
		this.table = table
		this.limitedAddress = limitedAddress
	}
	evict(): void {
		this.evicted = true
		this.table.delete(this)
	}
	set busy(busy: boolean) {
		this.isIdle = !busy
		this.table.update(this)
	}
}

function tableOf(total: number, perAddress: number) {
	const table = new ConnectionTable({ total, perAddress })
	const add = (address: string | undefined, busy = false): readonly [Fake, Admission] => {
		const connection = new Fake(table, address)
		connection.isIdle = !busy
		return [connection, table.add(connection)]
	}
	return { table, add }
}

test('100,000 connections of strangers leave the table at its limit, and each takes constant time', () => {
	const { table, add } = tableOf(1000, 1000)
	for (let at = 0; at < 100_000; at++) expect(add(`10.0.${at % 250}.1`)[1]).toBe('accepted')
	expect(table.size).toBe(1000)
})
test('a known connection is evicted only if no stranger is idle, in its address too', () => {
	for (const perAddress of [2, 9]) {
		const { add } = tableOf(2, perAddress)
		const [known] = add('10.0.0.1')
		known.known = true
		known.busy = true
		known.busy = false
		const [stranger] = add('10.0.0.1')
		add('10.0.0.1')
		expect([known.evicted, stranger.evicted]).toEqual([false, true])
	}
})
test('if all have a request in flight, a few more are accepted for one response each, then none', () => {
	const { table, add } = tableOf(16, 16)
	for (let at = 0; at < 16; at++) add('10.0.0.1', true)
	const admissions = Array.from({ length: 4 }, () => add('10.0.0.2', true)[1])
	expect(admissions).toEqual(['full', 'full', 'refused', 'refused'])
	expect(table.size).toBe(18)
})
test('addresses of one IPv6 network of 64 bits count together, and connections without a limited address do not', () => {
	const { add } = tableOf(100, 2)
	expect(add('2001:db8::1', true)[1]).toBe('accepted')
	expect(add('2001:db8:0:0:1::2', true)[1]).toBe('accepted')
	expect(add('2001:db8::3', true)[1]).toBe('address-full')
	expect(add('2001:db8:0:1::1', true)[1]).toBe('accepted')
	for (let at = 0; at < 10; at++) expect(add(undefined, true)[1]).toBe('accepted')
})
test('closed connections leave room', () => {
	const { table, add } = tableOf(2, 1)
	const [first] = add('10.0.0.1', true)
	expect(add('10.0.0.1', true)[1]).toBe('address-full')
	table.delete(first)
	table.delete(first)
	expect(table.size).toBe(1)
})
