// Which parents are watched, on simulated process tables and on the real one.

import { describe, expect, test } from 'bun:test'
import { lookUpProcess, packageManagerOf } from './launchers.mjs'

const npm = { npm_execpath: '/usr/lib/node_modules/npm/bin/npm-cli.js', npm_lifecycle_event: 'start' }

/** A chain of processes: 100 is the launcher, its parent 99 and so on; by default all are in process group 90. */
const chain =
	(...entries) =>
	(pid) => {
		const entry = entries[100 - pid]
		if (entry === undefined) return undefined
		const [command, group = 90] = Array.isArray(entry) ? entry : [entry]
		return { parent: pid - 1, group, command: command.split(' ') }
	}

describe('npm with the shell that it starts', () => {
	test.each([
		['npm start on Debian', ['node scripts/start.mjs', 'sh -c scripts/start.mjs', 'npm start', '-bash'], [99, 98]],
		['a shell that replaces itself by its command', ['node scripts/start.mjs', 'npm start', '-bash'], [99]],
		['npx', ['node /x/.bin/dragoman serve', "sh -c 'dragoman' serve", 'npm exec dragoman serve', 'bash'], [99, 98]],
		[
			'a script inside a script',
			['node /x/.bin/dragoman', 'sh -c dragoman', '/bin/bash -ec npm run x', 'npm run y'],
			[99, 98, 97],
		],
		['busybox', ['node x', '/bin/busybox sh -c x', 'npm start'], [99, 98]],
		['pnpm', ['node x', 'sh -c x', 'node /usr/lib/pnpm/bin/pnpm.cjs start'], [99, 98]],
		['yarn', ['node x', 'sh -c x', 'node /usr/share/yarn/bin/yarn.js start'], [99, 98]],
	])('%s', (_, commands, watched) => {
		expect(packageManagerOf(100, npm, chain(...commands))).toEqual(watched)
	})
})

describe('nothing is watched', () => {
	test.each([
		['without npm in the environment', {}, ['node x', 'sh -c x', 'npm start']],
		['in an interactive shell below npm', npm, ['node x', 'bash', 'npm run shell']],
		['in the background of an interactive shell', npm, ['node x', ['sh -c x', 80], ['npm start', 80]]],
		['detached with setsid', npm, [['node x', 100], 'sh -c setsid x', 'npm start']],
		['below a process manager that npm once started', npm, ['node x', 'node /usr/lib/pm2/Daemon.js', 'systemd']],
		['if npm has exited already', npm, ['node x', 'sh -c x']],
	])('%s', (_, environment, commands) => {
		expect(packageManagerOf(100, environment, chain(...commands))).toEqual([])
	})
})

test('the entry of this process', () => {
	expect(lookUpProcess(process.pid)).toMatchObject({ parent: process.ppid })
	expect(lookUpProcess(process.pid)?.command.join(' ')).toContain('test')
	expect(lookUpProcess(2 ** 30)).toBeUndefined()
})
