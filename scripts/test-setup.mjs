// Sets up the requirements of the test suite: each function finds or installs one of them, stores its location in `found`, and returns the
// reason if it failed. Everything is cached in .cache/ for the next run.

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { bunFlags } from '../bin/bun-flags.mjs'
import { root } from './dependencies.mjs'

const cache = join(root, '.cache')
const bun = join(root, 'node_modules', '.bin', 'bun')
const main = join('src', 'main.ts')

/** The embedded engine's library. */
export function setUpEngine(found) {
	found.DRAGOMAN_TEST_ENGINE = join(cache, 'engine')
	return run(
		bun,
		[...bunFlags, main, 'engine', 'install', '--folder', found.DRAGOMAN_TEST_ENGINE],
		'the engine library cannot be installed',
	)
}

/** The weights of the default model. */
export function setUpWeights(found) {
	found.DRAGOMAN_TEST_MODELS = join(cache, 'models')
	return run(
		bun,
		[...bunFlags, main, 'models', 'pull', '--folder', found.DRAGOMAN_TEST_MODELS],
		"the default model's weights cannot be downloaded",
	)
}

/** A Python environment with the real clients. */
export function setUpPython(found) {
	const requirements = join(root, 'test', 'clients', 'requirements.txt')
	const venv = join(cache, 'python')
	const python = join(venv, process.platform === 'win32' ? 'Scripts' : 'bin', 'python')
	found.DRAGOMAN_TEST_PYTHON = python
	const stamp = join(venv, 'requirements.sha256')
	const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex')
	if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return undefined
	mkdirSync(cache, { recursive: true })
	const failed =
		run('python3', ['-m', 'venv', '--clear', venv], 'Python 3 cannot create a virtual environment') ??
		run(python, ['-m', 'pip', 'install', '--quiet', '-r', requirements], 'the Python clients cannot be installed')
	if (failed === undefined) writeFileSync(stamp, wanted)
	return failed
}

/** Node 20, which remains the parent of the server that it starts. */
export function setUpNode20(found) {
	return setUpNode(20, found)
}

/** Node 24, which lets the server replace its process. */
export function setUpNode24(found) {
	return setUpNode(24, found)
}

/** Installs a major version of Node from npm's platform packages and stores the folder of its `node`. */
function setUpNode(major, found) {
	if (process.platform !== 'linux') return `Node ${major} is downloaded on Linux only`
	const target = join(cache, `node${major}`)
	const folder = join(target, 'bin')
	found[`DRAGOMAN_TEST_NODE${major}`] = folder
	if (existsSync(join(folder, 'node'))) return undefined
	const name = `node-linux-${process.arch}`
	const reason = `Node ${major} cannot be downloaded from the npm registry`
	mkdirSync(cache, { recursive: true })
	const fresh = mkdtempSync(`${target}-`)
	try {
		const { status, stdout } = spawnSync('npm', ['pack', '--silent', `${name}@${major}`], {
			cwd: fresh,
			encoding: 'utf8',
			stdio: ['ignore', 'pipe', 2],
		})
		const archive = stdout?.trim().split('\n').at(-1)
		if (status !== 0 || !archive) return reason
		const unpack = ['-xzf', join(fresh, archive), '-C', fresh, '--strip-components=1', 'package/bin']
		const failed = run('tar', unpack, reason)
		if (failed !== undefined) return failed
		mkdirSync(target, { recursive: true })
		renameSync(join(fresh, 'bin'), folder)
		return undefined
	} finally {
		rmSync(fresh, { recursive: true, force: true })
	}
}

/** A browser. */
export function setUpChromium(found) {
	const known = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
	if (!known.some(existsSync)) installSystemPackages(['chromium'])
	const browser = known.find(existsSync)
	if (browser === undefined) return 'Chromium is missing and cannot be installed'
	found.DRAGOMAN_TEST_BROWSER = browser
	return undefined
}

/** Starts a PostgreSQL server for this run only, in a temporary folder. */
export function setUpPostgres(found) {
	if (found.DRAGOMAN_TEST_POSTGRES !== undefined) return undefined
	if (postgresPrograms() === undefined) installSystemPackages(['postgresql'])
	const programs = postgresPrograms()
	if (programs === undefined) return 'PostgreSQL is missing and cannot be installed'
	const folder = mkdtempSync(join(tmpdir(), 'dragoman-postgres-'))
	// PostgreSQL refuses to run as root; its package creates a user.
	const asUser = process.getuid?.() === 0 ? ['runuser', '-u', 'postgres', '--'] : []
	const runAsUser = (name, args) => {
		const [program, ...rest] = [...asUser, join(programs, name), ...args]
		// The server inherits its standard streams, so they must not be pipes that this process waits for.
		return spawnSync(program, rest, { cwd: folder, stdio: 'ignore', timeout: 60_000 }).status === 0
	}
	if (asUser.length > 0) spawnSync('chown', ['postgres', folder])
	const data = join(folder, 'data')
	const port = freePort()
	const options = `-p ${port} -k ${folder} -c listen_addresses=127.0.0.1`
	process.on('exit', () => {
		runAsUser('pg_ctl', ['-D', data, '-m', 'immediate', 'stop'])
		rmSync(folder, { recursive: true, force: true })
	})
	if (!runAsUser('initdb', ['-D', data, '-A', 'trust', '-U', 'postgres', '--no-sync']))
		return 'PostgreSQL cannot create a database cluster'
	if (!runAsUser('pg_ctl', ['-D', data, '-l', join(folder, 'log'), '-o', options, '-w', 'start']))
		return 'PostgreSQL does not start'
	found.DRAGOMAN_TEST_POSTGRES = `postgres://postgres@127.0.0.1:${port}/postgres`
	return undefined
}

/** PgBouncer, as a program: the tests start it with their own configuration. */
export function setUpPgbouncer(found) {
	const known = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer']
	if (!known.some(existsSync)) installSystemPackages(['pgbouncer'])
	const program = known.find(existsSync)
	if (program === undefined) return 'PgBouncer is missing and cannot be installed'
	found.DRAGOMAN_TEST_PGBOUNCER = program
	return undefined
}

/** The folder of PostgreSQL's programs, which Debian does not add to the PATH. */
function postgresPrograms() {
	const versions = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql') : []
	return versions
		.sort((a, b) => Number(b) - Number(a))
		.map((version) => `/usr/lib/postgresql/${version}/bin`)
		.find((folder) => existsSync(join(folder, 'initdb')))
}

function freePort() {
	const script =
		"const s=require('net').createServer().listen(0,'127.0.0.1',()=>{console.log(s.address().port);s.close()})"
	return Number(spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' }).stdout)
}

/** nginx, for comparison and as a proxy. */
export function setUpNginx() {
	const here = () => spawnSync('nginx', ['-v'], { stdio: 'ignore' }).status === 0
	if (!here()) installSystemPackages(['nginx'])
	return here() ? undefined : 'nginx is missing and cannot be installed'
}

/** Proxies that upstreams are reached through. */
export function setUpEgressProxies() {
	const programs = ['/usr/bin/tinyproxy', '/usr/sbin/squid']
	if (!programs.every(existsSync)) installSystemPackages(['tinyproxy', 'squid', 'openssl'])
	return programs.every(existsSync) ? undefined : 'tinyproxy and squid are missing and cannot be installed'
}

/** The coding agents that `dragoman launch` starts, about 1 GB. */
const agents = ['@openai/codex@0.171.0', '@anthropic-ai/claude-code@2.1.197', 'opencode-ai@1.18.33']

export function setUpAgents(found) {
	const folder = join(cache, 'agents')
	const programs = join(folder, 'node_modules', '.bin')
	const install = ['install', '--prefix', folder, '--no-audit', '--no-fund', '--loglevel=error', ...agents]
	if (!existsSync(programs)) {
		mkdirSync(folder, { recursive: true })
		spawnSync('npm', install, { stdio: ['ignore', 2, 2] })
	}
	if (!existsSync(programs)) return `the coding agents cannot be installed: npm ${install.join(' ')}`
	found.DRAGOMAN_TEST_AGENTS = programs
	return undefined
}

/** Prometheus' tool for rules, from its Debian package, which is unpacked without being installed: that would start a server. */
export function setUpPromtool(found) {
	const own = join(cache, 'promtool', 'promtool')
	const known = ['/usr/bin/promtool', own]
	if (!known.some(existsSync)) unpackPromtool(own)
	const program = known.find(existsSync)
	if (program === undefined) return 'promtool is missing and cannot be downloaded as the Debian package prometheus'
	found.DRAGOMAN_TEST_PROMTOOL = program
	return undefined
}

function unpackPromtool(target) {
	mkdirSync(cache, { recursive: true })
	const fresh = mkdtempSync(join(cache, 'promtool-'))
	const quiet = { cwd: fresh, stdio: ['ignore', 'ignore', 'ignore'] }
	const download = () => spawnSync('apt-get', ['download', 'prometheus'], quiet).status === 0
	try {
		if (!download()) {
			updatePackageLists()
			if (!download()) return
		}
		const [archive = ''] = readdirSync(fresh)
		if (spawnSync('dpkg-deb', ['-x', archive, 'files'], quiet).status !== 0) return
		mkdirSync(dirname(target), { recursive: true })
		renameSync(join(fresh, 'files', 'usr', 'bin', 'promtool'), target)
	} finally {
		rmSync(fresh, { recursive: true, force: true })
	}
}

function installSystemPackages(names) {
	process.stderr.write(`Installing ${names.join(', ')} …\n`)
	const install = () => apt('install', '-y', '-qq', '--no-install-recommends', ...names) === 0
	if (!install() && updatePackageLists()) install()
}

function updatePackageLists() {
	return apt('update', '-qq') === 0
}

/** Runs apt-get as root and returns its exit status. */
function apt(...args) {
	const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n']
	const [program, ...rest] = [...asRoot, 'apt-get', ...args]
	return spawnSync(program, rest, {
		stdio: ['ignore', 2, 2],
		env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
	}).status
}

/** Runs `program` and returns the reason if it is missing or fails. */
function run(program, args, reason) {
	const { status, error } = spawnSync(program, args, { cwd: root, stdio: ['ignore', 2, 2] })
	return status === 0 ? undefined : `${reason}${error === undefined ? '' : ` (${error.message})`}`
}
