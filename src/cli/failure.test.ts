import { expect, test } from 'bun:test'
import { CommanderError } from 'commander'
import { ChatError } from '../chat/error.ts'
import { ConfigError } from '../config/config-error.ts'
import { DatabaseError } from '../stores/database-error.ts'
import { CliError } from './cli-error.ts'
import { describeFailure } from './failure.ts'

function systemError(code: string, syscall: string, path: string): Error {
	return Object.assign(new Error(`${code}: something, ${syscall} '${path}'`), { code, syscall, path })
}

test('a failure that an operator can correct is one line without a stack', () => {
	const cases: readonly (readonly [Error, string, number])[] = [
		[new ConfigError('f.yaml:3: listen: wrong'), 'f.yaml:3: listen: wrong', 78],
		[new CliError('no such model', 78), 'no such model', 78],
		[new DatabaseError('cannot be opened'), 'cannot be opened', 1],
		[systemError('EEXIST', 'mkdir', '/data'), 'Cannot create the folder /data: a file with this name is in the way', 1],
		[systemError('EROFS', 'open', '/data/x'), 'Cannot open /data/x: the file system is read-only', 1],
		[
			Object.assign(new Error('listen EADDRINUSE: address in use'), { code: 'EADDRINUSE', syscall: 'listen' }),
			'Listen EADDRINUSE: address in use',
			1,
		],
		[
			new ChatError('unavailable', 'What is stored cannot be reached.', {
				cause: Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' }),
			}),
			'What is stored cannot be reached: database or disk is full',
			1,
		],
	]
	for (const [error, text, exitCode] of cases) expect(describeFailure(error)).toEqual({ text, exitCode })
})

test('a defect of this program is printed with its stack', () => {
	const { text, exitCode } = describeFailure(new TypeError('undefined is not a function'))
	expect(text).toContain('failure.test.ts')
	expect(exitCode).toBe(1)
	expect(describeFailure(new ChatError('internal', 'Oh')).text).toContain('failure.test.ts')
})

test('the message of the command line parser is not printed again', () => {
	expect(describeFailure(new CommanderError(0, 'help', ''))).toEqual({ text: undefined, exitCode: 0 })
	expect(describeFailure(new CommanderError(1, 'unknown', ''))).toEqual({ text: undefined, exitCode: 2 })
})
