// The scripts of `dragoman completion`, in the shells that are installed.

import { describe, expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand, runProcess, temporaryFolder } from './server.ts'

async function script(shell: string): Promise<string> {
	const file = join(await temporaryFolder(), `completion.${shell}`)
	const { status, stdout } = await runCommand(['completion', shell])
	expect(status).toBe(0)
	await writeFile(file, stdout)
	return file
}

/** A command line up to the cursor, and words that must be offered, and must not. */
const cases: readonly (readonly [line: string, offered: readonly string[], other: readonly string[]])[] = [
	['dragoman ', ['serve', 'chat', 'doctor', 'completion'], ['create', '--name']],
	['dragoman ke', ['keys'], ['serve']],
	['dragoman keys ', ['create', 'list', 'ls', 'revoke'], ['serve']],
	['dragoman keys create --', ['--name', '--role', '--expires'], ['--json']],
	['dragoman keys create --role ', ['user', 'admin'], ['--name']],
	['dragoman models ls --', ['--json', '--folder'], ['--role']],
	['dragoman usage quarantine ', ['list', 'retry', 'export'], ['serve']],
	['dragoman launch ', ['codex', 'claude', 'opencode'], ['serve']],
	['dragoman completion ', ['bash', 'zsh', 'fish'], ['serve']],
]

/** What each shell offers for a line, one word per line. */
const asking: Readonly<Record<string, (file: string, line: string) => readonly string[]>> = {
	bash: (file, line) => [
		'bash',
		'-c',
		`source ${file}; COMP_WORDS=(${line.trimEnd()}${line.endsWith(' ') ? " ''" : ''}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _dragoman; printf '%s\\n' "\${COMPREPLY[@]}"`,
	],
	zsh: (file, line) => [
		'zsh',
		'-fc',
		// Replaces the builtin, which works in a widget only, by one that prints what it would offer.
		`compdef() { : }; compadd() { shift; local one; for one in "$@"; do [[ $one = $words[CURRENT]* ]] && print -r -- $one; done }; _files() { : }; typeset -A compstate; compstate[nmatches]=1; words=(${line.trimEnd()}${line.endsWith(' ') ? " ''" : ''}); CURRENT=$#words; source ${file}; _dragoman`,
	],
	fish: (file, line) => [
		'fish',
		'--no-config',
		'-c',
		`source ${file}; complete -C '${line}' | string replace -r '\\t.*' ''`,
	],
}

for (const [shell, ask] of Object.entries(asking))
	describe.skipIf(Bun.which(shell) === null)(shell, () => {
		for (const [line, offered, other] of cases)
			test(line, async () => {
				const { stdout } = await runProcess(ask(await script(shell), line), { timeout: 20_000 })
				const words = stdout.split('\n').filter((word) => word !== '')
				expect(words).toEqual(expect.arrayContaining([...offered]))
				expect(words.filter((word) => other.includes(word))).toEqual([])
			})
	})
