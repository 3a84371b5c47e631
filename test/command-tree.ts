// The leaves of the command tree, with the arguments that each needs: for tests over all commands.

import { expect } from 'bun:test'
import { join } from 'node:path'
import type { Command } from 'commander'
import { buildProgram } from '../src/cli/program.ts'
import { root, runProcess } from './server.ts'

const context = {
	environment: {},
	version: '0',
	command: [],
	print: () => undefined,
	terminal: false,
	printStatus: () => undefined,
}

/** The tree of all commands; it prints nothing except the parser's messages. */
export function commandTree(): Command {
	return buildProgram(context)
}

/** A command that does something itself. */
export interface CommandLeaf {
	readonly words: readonly string[]
	readonly command: Command
}

function* leavesOf(command: Command, words: readonly string[]): Generator<CommandLeaf> {
	if (
		command.commands.length === 0 ||
		command.registeredArguments.length > 0 ||
		words[0] === 'usage' ||
		words[0] === 'engine'
	)
		if (words.length > 0) yield { words, command }
	for (const child of command.commands) yield* leavesOf(child, [...words, child.name()])
}

export const commandLeaves: readonly CommandLeaf[] = [...leavesOf(commandTree(), [])]

/** What each command needs so that it reads its configuration. */
const needed: Readonly<Record<string, readonly string[]>> = {
	'keys create': ['--name', 'x'],
	'keys revoke': ['x'],
	'models show': ['tiny-chat'],
	'models remove': ['x'],
	copy: ['--from', 'sqlite:/nowhere/a', '--to', 'sqlite:/nowhere/b'],
	backup: ['/nowhere/b'],
	restore: ['/nowhere/b'],
	'config import': ['litellm', '/nowhere'],
	run: ['m', 'hi'],
	launch: ['codex'],
	completion: ['bash'],
}

export function nameOf({ words }: CommandLeaf): string {
	return words.join(' ')
}

/** The words of the command, with the arguments that it needs. */
export function completeWords(leaf: CommandLeaf): readonly string[] {
	return [...leaf.words, ...(needed[nameOf(leaf)] ?? [])]
}

export function hasOption({ command }: CommandLeaf, flag: string): boolean {
	return command.options.some(({ long }) => long === flag)
}

const main = join(root, 'src', 'main.ts')
/** Exit statuses of failures, as docs/commands.md lists them. */
const failureStatuses: ReadonlySet<number> = new Set([1, 2, 78])

/**
 * Runs a command that must fail: with a documented status, a message without a stack trace, and nothing on standard output
 * that is not JSON if `--json` is among its arguments.
 *
 * @returns standard error.
 */
export async function failCommand(
	args: readonly string[],
	environment: Readonly<Record<string, string>> = {},
	expected?: number,
): Promise<string> {
	const { status, stdout, stderr } = await runProcess([process.execPath, main, ...args], {
		env: { ...process.env, DRAGOMAN_API_KEY: '', ...environment },
		timeout: 30_000,
	})
	expect({ args, status, isDocumented: failureStatuses.has(status) }).toEqual({
		args,
		status: expected ?? status,
		isDocumented: true,
	})
	expect(stderr).not.toBe('')
	expect(stderr).not.toMatch(/\n\s+at |^\s*\d+ \| /m)
	expect(stderr).not.toMatch(/\b(?:npx|bunx) (?!--no-install)/)
	if (args.includes('--json') && stdout !== '') JSON.parse(stdout)
	return stderr
}
