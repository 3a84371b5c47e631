// dragoman completion: prints a script that completes commands, options and their choices in a shell. The script is made
// from the tree of commands, and does not run this program.

import { Argument, Command } from 'commander'
import type { CommandContext } from './command.ts'

const shells = ['bash', 'zsh', 'fish'] as const

/** @param root the program, once all commands are in it. */
export function completionCommand(context: CommandContext, root: () => Command): Command {
	return new Command('completion')
		.description('print a script for a shell that completes commands, options and their choices')
		.addArgument(new Argument('<shell>', 'the shell').choices([...shells]))
		.action((shell: (typeof shells)[number]) => context.print(writeScript(shell, [...nodesOf(root(), '')])))
}

interface CommandNode {
	/** The words after `dragoman`, each after a space. */
	readonly path: string
	readonly description: string
	/** Each has the names of one subcommand: its name and its aliases. */
	readonly children: readonly {
		readonly names: readonly string[]
		readonly path: string
		readonly description: string
	}[]
	readonly options: readonly {
		readonly flag: string
		readonly description: string
		readonly takesValue: boolean
		readonly choices: readonly string[]
	}[]
	/** Choices of the arguments. */
	readonly choices: readonly string[]
}

function* nodesOf(command: Command, path: string): Generator<CommandNode> {
	yield {
		path,
		description: command.description(),
		children: command.commands.map((child) => ({
			names: [child.name(), ...child.aliases()],
			path: `${path} ${child.name()}`,
			description: child.description(),
		})),
		options: command.options
			.filter(({ hidden }) => !hidden)
			.map(({ long, description, required, optional, argChoices }) => ({
				flag: long ?? '',
				description,
				takesValue: required || optional,
				choices: argChoices ?? [],
			})),
		choices: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
	}
	for (const child of command.commands) yield* nodesOf(child, `${path} ${child.name()}`)
}

function writeScript(shell: (typeof shells)[number], nodes: readonly CommandNode[]): string {
	switch (shell) {
		case 'bash':
			return writeBash(nodes)
		case 'zsh':
			return writeZsh(nodes)
		case 'fish':
			return writeFish(nodes)
		default:
			return shell satisfies never
	}
}

/** Cases that find the path of the command, the choices of an option, and the words of a command. */
function casesOf(nodes: readonly CommandNode[], reply: (words: readonly string[]) => string) {
	const quoted = (text: string) => `'${text}'`
	return {
		paths: nodes.flatMap(({ path, children }) =>
			children.map(
				(child) => `${child.names.map((name) => quoted(`${path} ${name}`)).join('|')}) at=${quoted(child.path)} ;;`,
			),
		),
		values: nodes.flatMap(({ path, options }) =>
			options
				.filter(({ takesValue }) => takesValue)
				.map(
					({ flag, choices }) => `${quoted(`${path} ${flag}`)}) ${choices.length > 0 ? reply(choices) : 'files=1'} ;;`,
				),
		),
		words: nodes.map(
			({ path, children, options, choices }) =>
				`${quoted(path)}) ${reply([...children.flatMap(({ names }) => names), ...choices, ...options.map(({ flag }) => flag), '--help'])} ;;`,
		),
	}
}

function indented(lines: readonly string[]): string {
	return lines.map((line) => `\t\t${line}`).join('\n')
}

function writeBash(nodes: readonly CommandNode[]): string {
	const { paths, values, words } = casesOf(nodes, (words) => `words='${words.join(' ')}'`)
	return `# Completion of dragoman for bash. Load it with: source <(dragoman completion bash)
_dragoman() {
	local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} at='' words='' files='' word
	for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		case "$at $word" in
${indented(paths)}
		esac
	done
	case "$at $previous" in
${indented(values)}
	esac
	if [[ -z $words && -z $files ]]; then
		case "$at" in
${indented(words)}
		esac
	fi
	COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _dragoman dragoman`
}

function writeZsh(nodes: readonly CommandNode[]): string {
	const { paths, values, words } = casesOf(nodes, (words) => `reply=(${words.join(' ')})`)
	return `#compdef dragoman
# Completion of dragoman for zsh. Load it with: source <(dragoman completion zsh)
_dragoman() {
	local at='' files='' word
	local -a reply
	for word in "\${(@)words[2,CURRENT-1]}"; do
		case "$at $word" in
${indented(paths)}
		esac
	done
	case "$at \${words[CURRENT-1]}" in
${indented(values)}
	esac
	if [[ -z $reply && -z $files ]]; then
		case "$at" in
${indented(words)}
		esac
	fi
	compadd -- $reply
	if [[ $compstate[nmatches] -eq 0 ]]; then _files; fi
}
if [[ $funcstack[1] = _dragoman ]]; then _dragoman "$@"; else compdef _dragoman dragoman; fi`
}

function writeFish(nodes: readonly CommandNode[]): string {
	const quoted = (text: string) => `'${text.replace(/[\\']/g, '\\$&')}'`
	const paths = nodes.flatMap(({ path, children }) =>
		children.map(
			(child) =>
				`case ${child.names.map((name) => quoted(`${path} ${name}`)).join(' ')}\n\t\t\t\tset at ${quoted(child.path)}`,
		),
	)
	const rules = nodes.flatMap(({ path, children, options, choices }) => {
		const start = `complete -c dragoman -n ${quoted(`test (__dragoman_at) = "${path}"`)}`
		return [
			...children.flatMap(({ names, description }) =>
				names.map((name) => `${start} -f -a ${name} -d ${quoted(description)}`),
			),
			...choices.map((choice) => `${start} -f -a ${quoted(choice)}`),
			...options.map(({ flag, description, takesValue, choices: values }) => {
				const value = values.length > 0 ? ` -x -a ${quoted(values.join(' '))}` : takesValue ? ' -r' : ''
				return `${start} -l ${flag.replace(/^--/, '')}${value} -d ${quoted(description)}`
			}),
		]
	})
	return `# Completion of dragoman for fish. Load it with: dragoman completion fish | source
function __dragoman_at
	set -l at ''
	for word in (commandline -opc)[2..-1]
		switch "$at $word"
			${paths.join('\n\t\t\t')}
		end
	end
	echo "$at"
end
${rules.join('\n')}`
}
