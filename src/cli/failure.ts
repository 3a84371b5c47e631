// The output of a failed command: one line if the operator can correct the failure, a stack trace only for a defect of
// this program.

import { CommanderError } from 'commander'
import { ChatError } from '../chat/error.ts'
import { ConfigError } from '../config/config-error.ts'
import { DatabaseError } from '../stores/database-error.ts'
import { describeSystemError } from '../system/system-error.ts'
import { terminalLine } from '../system/terminal-text.ts'
import { CliError, permanentFailureStatus } from './cli-error.ts'

export interface CliFailure {
	/** For standard error; undefined if the command line's parser has printed it. */
	readonly text: string | undefined
	/**
	 * 0 for --help and --version, 1 for a failure, 2 for an unknown command or option, 78 for an invalid configuration.
	 */
	readonly exitCode: number
}

export function describeFailure(thrown: unknown): CliFailure {
	if (thrown instanceof CommanderError) return { text: undefined, exitCode: thrown.exitCode === 0 ? 0 : 2 }
	if (thrown instanceof ConfigError) return { text: thrown.message, exitCode: permanentFailureStatus }
	if (thrown instanceof CliError) return { text: writeLines(thrown), exitCode: thrown.exitCode }
	// They may quote another program.
	if (thrown instanceof DatabaseError)
		return { text: terminalLine(withLockRemedy(thrown.message, thrown)), exitCode: 1 }
	if (isOperational(thrown))
		return { text: terminalLine(withLockRemedy(capitalized(withCauses(thrown)), thrown)), exitCode: 1 }
	return { text: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown), exitCode: 1 }
}

/** Whether it is an error of the system (a file, a disk, a socket), of SQLite, or one with a message for callers. */
function isOperational(thrown: unknown): thrown is Error {
	if (!(thrown instanceof Error)) return false
	if (thrown instanceof ChatError) return thrown.kind !== 'internal'
	return 'code' in thrown && /^(E[A-Z0-9]+|SQLITE_\w+)$/.test(String(thrown.code))
}

/** Another process holds a lock on SQLite's file for longer than a command waits. */
function withLockRemedy(text: string, error: Error): string {
	for (let at: unknown = error; at instanceof Error; at = at.cause)
		if ('code' in at && /^SQLITE_(BUSY|LOCKED)/.test(String(at.code)))
			return `${text.replace(/\.$/, '')}. Another program holds a lock on it: end that program, or repeat the command.`
	return text
}

/** Names and messages of other programs in it cannot begin a line. */
function writeLines({ message, details }: CliError): string {
	return [message, ...details].map(terminalLine).join('\n')
}

/** The message followed by those of its causes, without duplicates. */
function withCauses(error: Error): string {
	const messages = new Set<string>()
	for (let at: unknown = error; at instanceof Error; at = at.cause)
		messages.add(describeSystemError(at).replace(/\.$/, ''))
	return [...messages].join(': ')
}

function capitalized(text: string): string {
	return text.slice(0, 1).toUpperCase() + text.slice(1)
}
