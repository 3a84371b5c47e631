// Creates, lists, shows and revokes the caller's own keys, at the paths of every version.

import { z } from 'zod'
import { ChatError } from '../../chat/error.ts'
import { labelFault } from '../../keys/key.ts'
import { keyStates, type OwnKey } from '../../keys/service.ts'
import { unixTimeSchema } from '../../wire/json/unix-time.ts'
import { schemaError } from '../../wire/openai/schema-error.ts'
import type { Call, Route, RouteInput } from '../dialect.ts'
import type { LastDays } from '../local-operation.ts'
import { direction, readQuery, wholeNumber } from './page-query.ts'

/** The paths of version 0.2, of 0.4 and of later versions. */
export const keyPaths = ['/tokens', '/me/keys', '/keys'] as const
/** Revokes a key and returns it; the other paths return no content. */
export const newestKeyPath = '/keys'

const newKey = z.looseObject({
	name: z
		.string()
		.min(1)
		.max(200)
		.refine((name) => labelFault(name) === undefined, { error: ({ input }) => labelFault(String(input)) ?? '' }),
	expires: unixTimeSchema.nullish(),
	expires_at: unixTimeSchema.nullish(),
})

export const keys: readonly Route[] = keyPaths.flatMap((path): readonly Route[] => [
	{ method: 'POST', path, status: 201, bodySchema: newKey, read: create },
	{ method: 'GET', path, read: list },
	{ method: 'GET', path: `${path}/{id}`, read: show },
	{ method: 'DELETE', path: `${path}/{id}`, status: path === newestKeyPath ? undefined : 204, read: revoke },
])

export const keyListQuery = z.object({
	offset: wholeNumber(0, 1_000_000).default(0),
	limit: wholeNumber(1, 100).default(10),
	sort_by: z.enum(['id', 'name', 'created']).default('id'),
	sort_order: direction.default('asc'),
	status: z.enum(keyStates).optional(),
})

function create({ body }: RouteInput): Call {
	const parsed = newKey.safeParse(body)
	if (!parsed.success) throw schemaError(parsed.error, body)
	const { name, expires, expires_at: expiresAt } = parsed.data
	const until = expires ?? expiresAt ?? undefined
	return {
		type: 'keys.create',
		name,
		expiresAtMs: until === undefined ? undefined : until * 1000,
		write(created) {
			if (created === 'expired')
				throw new ChatError('invalid-request', "Invalid 'expires': must be in the future.", {
					param: 'expires',
					code: 'invalid_value',
				})
			const { key, secret } = created
			return { ...writeKey(key), token: secret, value: secret }
		},
	}
}

function list({ query }: RouteInput): Call {
	const { offset, limit, sort_by: sortBy, sort_order: order, status } = readQuery(query(), keyListQuery)
	return {
		type: 'keys.list',
		query: { state: status, sortBy, order, offset, limit },
		write: ({ keys, total, lastDays, mayCreate }) => ({
			object: 'list',
			total,
			offset,
			limit,
			can_create: mayCreate,
			data: keys.map((key) => writeListed(key, lastDays)),
		}),
	}
}

function show({ parameters: [id = ''] }: RouteInput): Call {
	return { type: 'keys.find', id, write: (key, lastDays) => writeListed(found(key), lastDays) }
}

function revoke({ parameters: [id = ''] }: RouteInput): Call {
	return {
		type: 'keys.revoke',
		id,
		write: (revoked) => ({ ...writeKey(found(revoked?.key)), revoked_descendants: revoked?.descendants }),
	}
}

function found(key: OwnKey | undefined): OwnKey {
	if (key === undefined) throw new ChatError('not-found', 'Key not found.')
	return key
}

/** With the day of its last use, if the server records usage. */
function writeListed(key: OwnKey, lastDays: LastDays | undefined) {
	return { ...writeKey(key), last_used_on: lastDays === undefined ? undefined : (lastDays.get(key.id) ?? null) }
}

function writeKey({ id, name, prefix, createdAtMs, expiresAtMs, state, parent }: OwnKey) {
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
		parent,
		// The names of version 0.2.
		expires_at: expires,
		created_at: created,
	}
}
