// Recognizes PostgreSQL's errors: by SQLSTATE, which Bun's client returns as `errno`, and by the client's own codes.

import { readErrorCodes } from '../sql/database-failure.ts'
import type { DatabaseFailure } from '../sql/sql-database.ts'

/**
 * Meaning of each SQLSTATE, or class of them if it has two characters. The first match applies. Those that are absent are
 * errors of a statement.
 */
const states: Readonly<Record<string, DatabaseFailure>> = {
	// A connection in another session than before, or a statement prepared before the schema changed.
	'26000': 'session-lost',
	'42P05': 'session-lost',
	'0A000': 'session-lost',
	// Concurrent writes: a unique violation, a serialization failure, a deadlock.
	'23505': 'duplicate',
	'40001': 'contention',
	'40P01': 'contention',
	// Texts: an invalid byte sequence, a character without equivalent in the encoding of the database.
	'22021': 'invalid-text',
	'22P05': 'unsupported-text',
	// A read-only server, as after a failover; an idle transaction that timed out.
	'25006': 'unavailable',
	'25P03': 'unavailable',
	// The database does not exist (any more) or does not accept connections; rights that were revoked.
	'3D000': 'unavailable',
	'55000': 'unavailable',
	'42501': 'unavailable',
	// A schema, table or column that is missing, as while tables are restored: all statements are those of this program.
	'3F000': 'unavailable',
	'42P01': 'unavailable',
	'42703': 'unavailable',
	// A lock timeout, an object in use.
	'55P03': 'unavailable',
	'55006': 'unavailable',
	// Connections, authentication, resources, operator intervention, system errors, damaged data.
	'08': 'unavailable',
	'28': 'unavailable',
	'53': 'unavailable',
	'57': 'unavailable',
	'58': 'unavailable',
	F0: 'unavailable',
	XX: 'unavailable',
}

/** Bun's codes for connections, authentication, TLS and the protocol, without their prefix. */
const clientCodes: ReadonlySet<string> = new Set([
	...['CONNECTION_CLOSED', 'CONNECTION_FAILED', 'CONNECTION_REFUSED', 'CONNECTION_TIMEOUT'],
	...['IDLE_TIMEOUT', 'LIFETIME_TIMEOUT', 'QUERY_CANCELLED', 'COMMIT_ROLLED_BACK'],
	...['AUTHENTICATION_FAILED_PBKDF2', 'UNKNOWN_AUTHENTICATION_METHOD', 'UNSUPPORTED_AUTHENTICATION_METHOD'],
	...['CHANNEL_BINDING_FAILED', 'CHANNEL_BINDING_REQUIRED', 'SASL_ITERATION_COUNT_OUT_OF_RANGE'],
	...['SASL_NO_KNOWN_MECHANISM', 'SASL_SIGNATURE_INVALID_BASE64', 'SASL_SIGNATURE_MISMATCH'],
	...['INVALID_SERVER_KEY', 'INVALID_SERVER_SIGNATURE', 'TLS_NOT_AVAILABLE', 'TLS_UPGRADE_FAILED'],
	...['INVALID_BACKEND_KEY_DATA', 'INVALID_MESSAGE', 'INVALID_MESSAGE_LENGTH', 'UNEXPECTED_MESSAGE'],
	...['EXPECTED_REQUEST', 'EXPECTED_STATEMENT'],
])
const clientPrefix = 'ERR_POSTGRES_'

/** Codes of the operating system, of name resolution, and of certificates that are not accepted. */
const systemCodes: ReadonlySet<string> = new Set([
	...['ECONNABORTED', 'ECONNREFUSED', 'ECONNRESET', 'EHOSTDOWN', 'EHOSTUNREACH', 'ENETDOWN', 'ENETUNREACH'],
	...['ENOTCONN', 'EPIPE', 'ETIMEDOUT', 'EADDRNOTAVAIL', 'EMFILE', 'ENFILE', 'ENOBUFS', 'FailedToOpenSocket'],
	...['EAI_AGAIN', 'EAI_FAIL', 'EAI_NONAME', 'ENODATA', 'ENOTFOUND', 'DNS_ENOTFOUND', 'DNS_ETIMEOUT', 'DNS_ESERVFAIL'],
	...['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID', 'CERT_REVOKED', 'CERT_UNTRUSTED', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
	...['ERR_SSL_NO_CIPHER_MATCH', 'ERR_TLS_CERT_ALTNAME_INVALID', 'ERR_TLS_HANDSHAKE_TIMEOUT', 'HOSTNAME_MISMATCH'],
	...['SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'],
	...['UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
])

export function explainPostgresFailure(thrown: unknown): DatabaseFailure | undefined {
	const { code, errno } = readErrorCodes(thrown)
	if (systemCodes.has(code)) return 'unavailable'
	if (code.startsWith(clientPrefix) && clientCodes.has(code.slice(clientPrefix.length))) return 'unavailable'
	return meaningOf(errno) ?? meaningOf(code)
}

function meaningOf(state: string): DatabaseFailure | undefined {
	return /^[0-9A-Z]{5}$/.test(state) ? (states[state] ?? states[state.slice(0, 2)]) : undefined
}
