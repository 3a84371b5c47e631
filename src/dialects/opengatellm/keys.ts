// Creates, lists, shows and revokes the caller's own keys, at the paths of every version.

import { z } from 'zod'
import { ChatError } from '../../chat/error.ts'
import { labelFault } from '../../keys/key.ts'
import type { OwnKey } from '../../keys/own-keys.ts'
import { schemaError } from '../../wire/openai/schema-error.ts'
import type { Call, KeysCall, Route, RouteInput } from '../dialect.ts'
import { direction, readQuery, wholeNumber } from './page-query.ts'

/** The paths of version 0.2, of 0.4 and of later versions. */
const paths = ['/tokens', '/me/keys', '/keys'] as const
/** Revokes a key and returns it; the other paths return no content. */
const newest = '/keys'

export const keys: readonly Route[] = paths.flatMap((path): readonly Route[] => [
	{ method: 'POST', path, status: 201, read: create },
	{ method: 'GET', path, read: list },
	{ method: 'GET', path: `${path}/{id}`, read: show },
	{ method: 'DELETE', path: `${path}/{id}`, status: path === newest ? undefined : 204, read: revoke },
])

const newKey = z.looseObject({
	name: z
		.string()
		.min(1)
		.max(200)
		.refine((name) => labelFault(name) === undefined, { error: ({ input }) => labelFault(String(input)) ?? '' }),
	expires: z.int().min(0).nullish(),
	expires_at: z.int().min(0).nullish(),
})

const listQuery = z.object({
	offset: wholeNumber(0, 1_000_000).default(0),
	limit: wholeNumber(1, 100).default(10),
	sort_by: z.enum(['id', 'name', 'created']).default('id'),
	sort_order: direction.default('asc'),
	status: z.enum(['active', 'expired', 'revoked']).optional(),
})

function create({ body }: RouteInput): Call {
	const parsed = newKey.safeParse(body)
	if (!parsed.success) throw schemaError(parsed.error, body)
	const { name, expires, expires_at: expiresAt } = parsed.data
	const until = expires ?? expiresAt ?? undefined
	return onKeys(async (own, { nowMs }) => {
		if (until !== undefined && until * 1000 <= nowMs)
			throw new ChatError('invalid-request', "Invalid 'expires': must be in the future.", {
				param: 'expires',
				code: 'invalid_value',
			})
		const { key, secret } = await own.create({ name, expiresAtMs: until === undefined ? undefined : until * 1000 })
		return { ...writeKey(key), token: secret, value: secret }
	})
}

function list({ query }: RouteInput): Call {
	const { offset, limit, sort_by: by, sort_order: order, status } = readQuery(query(), listQuery)
	return onKeys(async (own) => {
		const wanted = (await own.list()).filter(({ state }) =>
			status === undefined ? state !== 'revoked' : state === status,
		)
		const sorted = wanted.toSorted((a, b) => compare(a, b, by) * (order === 'asc' ? 1 : -1))
		const data = sorted.slice(offset, offset + limit).map(writeKey)
		return { object: 'list', total: wanted.length, offset, limit, data }
	})
}

function show({ parameters: [id = ''] }: RouteInput): Call {
	return onKeys(async (own) => {
		const key = (await own.list()).find((one) => one.id === id && one.state !== 'revoked')
		if (key === undefined) throw notFound()
		return writeKey(key)
	})
}

function revoke({ parameters: [id = ''] }: RouteInput): Call {
	return onKeys(async (own) => {
		const key = (await own.list()).find((one) => one.id === id)
		if (key === undefined || !(await own.revoke(id))) throw notFound()
		return writeKey({ ...key, state: 'revoked' })
	})
}

function onKeys(answer: KeysCall['answer']): KeysCall {
	return { type: 'keys', answer }
}

function compare(one: OwnKey, other: OwnKey, by: 'id' | 'name' | 'created'): number {
	switch (by) {
		case 'id':
			return one.id < other.id ? -1 : 1
		case 'name':
			return one.name.localeCompare(other.name, 'en') || (one.id < other.id ? -1 : 1)
		case 'created':
			return one.createdAtMs - other.createdAtMs || (one.id < other.id ? -1 : 1)
	}
}

function writeKey({ id, name, prefix, createdAtMs, expiresAtMs, state }: OwnKey) {
	const masked = `${prefix}...`
	const created = Math.floor(createdAtMs / 1000)
	const expires = expiresAtMs === null ? null : Math.floor(expiresAtMs / 1000)
	return {
		object: 'key',
		id,
		name,
		token: masked,
		value: masked,
		expires,
		created,
		status: state,
		// The names of version 0.2.
		expires_at: expires,
		created_at: created,
	}
}

function notFound(): ChatError {
	return new ChatError('not-found', 'Key not found.')
}
