// Writes `user`, the caller's id for its end user, within the length that a server accepts. It is used by every
// operation of this wire.

import { createHash } from 'node:crypto'
import type { Drop } from '../../chat/request-fates.ts'
import type { FormFor } from './chat-request-form.ts'

export type UserForm = FormFor<'user'>

/** A hash distinguishes users as the id does, so only an id that is cut off or omitted is reported. */
export function writeUser(user: string, { userId, maxUserLength }: UserForm, drop: Drop): string | undefined {
	switch (userId) {
		case 'send':
			return user
		case 'hash':
			return hash(user, maxUserLength)
		case 'hash-long':
			return user.length <= maxUserLength ? user : hash(user, maxUserLength)
		case 'shorten':
			if (user.length > maxUserLength) drop('user')
			return user.slice(0, maxUserLength)
		case 'omit':
			drop('user')
			return undefined
	}
}

/** SHA-256 in hexadecimal digits. */
function hash(user: string, maxLength: number): string {
	return createHash('sha256').update(user).digest('hex').slice(0, maxLength)
}
