// Decides whether a presented secret is a valid key. Text that cannot be a key costs no query. Wrong keys are counted by
// client address. It does not know which headers carry a secret.

import { ChatError } from '../chat/error.ts'
import { type ConfiguredKey, withAncestor } from './configured-key.ts'
import { GuessLimit } from './guess-limit.ts'
import { hashSecret, isExpired, isGeneratedSecret, type Key, sameHash } from './key.ts'
import type { KeyRules } from './key-rules.ts'
import type { KeyStore } from './key-store.ts'
import { isStrongSecret } from './secret-strength.ts'

export interface KeyVerifierOptions {
	readonly store: KeyStore
	/** The admin key of the configuration, with its secret; none if absent. */
	readonly configured?: ConfiguredKey | undefined
	readonly rules: KeyRules
}

export class KeyVerifier {
	readonly store: KeyStore
	readonly rules: KeyRules
	private readonly configured: Key | undefined
	/** Whether guesses could find the configured key. */
	private readonly isGuessable: boolean
	private readonly guesses: GuessLimit

	constructor({ store, configured, rules }: KeyVerifierOptions) {
		this.store = store
		this.rules = rules
		this.configured = configured?.key
		this.isGuessable = configured !== undefined && !isStrongSecret(configured.secret)
		this.guesses = new GuessLimit(rules.wrongPerMinute)
	}

	/**
	 * The key with this secret. A correct key is accepted from every address, however many wrong ones others present from
	 * it, with one exception: a configured key that is weak enough to be guessed.
	 *
	 * @param address of the client, in canonical form; undefined on a Unix socket.
	 * @param nowMs milliseconds since 1970.
	 * @throws ChatError `invalid-key` if it is unknown, revoked or expired, `rate-limited` if it is unknown and the address
	 * has presented too many wrong keys, `unavailable` if the store cannot be read.
	 */
	async verify(secret: string, address: string | undefined, nowMs: number): Promise<Key> {
		const key = await this.find(secret, address, nowMs)
		if (key === undefined) {
			const retryAfterMs = this.guesses.count(address, nowMs)
			if (retryAfterMs > 0) throw tooManyGuesses(retryAfterMs)
			throw invalidKey(secret, 'Incorrect API key provided')
		}
		if (key.revokedAtMs !== null) throw invalidKey(secret, 'This API key has been revoked')
		if (isExpired(key, nowMs)) throw invalidKey(secret, 'This API key has expired')
		return key
	}

	private async find(secret: string, address: string | undefined, nowMs: number): Promise<Key | undefined> {
		const { configured } = this
		const hash = hashSecret(secret)
		if (configured !== undefined && sameHash(hash, configured.hash))
			return this.isGuessable && this.guesses.isExceeded(address, nowMs) ? undefined : configured
		if (!isGeneratedSecret(secret)) return undefined
		const key = await this.store.findByHash(hash)
		return key === undefined || !sameHash(key.hash, hash) ? undefined : withAncestor(key, configured)
	}
}

function tooManyGuesses(retryAfterMs: number): ChatError {
	return new ChatError('rate-limited', 'Too many incorrect API keys from this address.', {
		code: 'too_many_invalid_keys',
		setting: 'keys.wrongPerMinute',
		retryAfterMs,
	})
}

function invalidKey(secret: string, problem: string): ChatError {
	return new ChatError(
		'invalid-key',
		`${problem}: ${mask(secret)}. Create a key with: dragoman keys create --name NAME`,
	)
}

/** Enough for the owner to recognize the key, in plain ASCII. */
function mask(secret: string): string {
	const plain = secret.replace(/[^\x21-\x7e]/g, '?')
	return plain.length < 12 ? '***' : `${plain.slice(0, 6)}***${plain.slice(-2)}`
}
