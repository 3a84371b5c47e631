// The leaves of the command tree, with the arguments that each needs: for tests over all commands.

import type { Command } from 'commander'
import { buildProgram } from '../src/cli/program.ts'

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
