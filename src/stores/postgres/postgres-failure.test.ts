import { expect, test } from 'bun:test'
import { explainPostgresFailure } from './postgres-failure.ts'

const explain = (codes: { readonly code: string; readonly errno?: string }) =>
	explainPostgresFailure(Object.assign(new Error('failed'), codes))

test('lost connections and a server that stops, starts or is full are unavailable', () => {
	for (const code of ['ERR_POSTGRES_CONNECTION_CLOSED', 'ERR_POSTGRES_IDLE_TIMEOUT', 'ECONNREFUSED', 'ETIMEDOUT'])
		expect([code, explain({ code })]).toEqual([code, 'unavailable'])
	for (const errno of ['57P01', '57P03', '53300', '08006', '25P03', '25006', '57014', '55P03'])
		expect([errno, explain({ code: 'ERR_POSTGRES_SERVER_ERROR', errno })]).toEqual([errno, 'unavailable'])
})

test('conflicts of concurrent writes can be retried', () => {
	for (const errno of ['23505', '40P01']) expect(explain({ code: 'ERR_POSTGRES_SERVER_ERROR', errno })).toBe('race')
})

test('U+0000 in a text is the fault of the text', () => {
	for (const errno of ['22021', '22P05'])
		expect(explain({ code: 'ERR_POSTGRES_SERVER_ERROR', errno })).toBe('invalid-text')
})

test('other errors have no meaning for the stores', () => {
	for (const codes of [{ code: 'ERR_POSTGRES_SERVER_ERROR', errno: '42601' }, { code: 'SQLITE_BUSY' }, { code: '' }])
		expect(explain(codes)).toBeUndefined()
})
