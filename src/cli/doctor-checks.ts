// All checks of `dragoman doctor`, without secrets in their results. It does not know how these are printed (doctor.ts).

import { ConfigError } from '../config/config-error.ts'
import { configSecrets } from '../config/config-secrets.ts'
import { checkEngines } from '../config/engine-checks.ts'
import { type ConfigFlags, readSettings, type Settings } from '../config/settings.ts'
import { findStoreKind } from '../stores/list.ts'
import { hideCredentials, redactorOf } from '../system/redaction.ts'
import { terminalLine } from '../system/terminal-text.ts'
import type { CommandContext } from './command.ts'
import type { Diagnosis } from './diagnosis.ts'
import { checkAddress } from './doctor-address.ts'
import { checkEngineBuild, checkModelMemory } from './doctor-engine.ts'
import { checkClock, checkDisk, checkPermissions } from './doctor-machine.ts'
import { checkDatabase, checkProxy, checkUpstreams } from './doctor-network.ts'
import { describeFailure } from './failure.ts'

type DoctorCheck = (settings: Settings, context: CommandContext) => Promise<readonly Diagnosis[]>

/** Each needs a valid configuration. */
const checks = {
	permissions: checkPermissions,
	disk: checkDisk,
	database: checkDatabase,
	port: checkAddress,
	clock: checkClock,
	engine: checkEngineBuild,
	memory: checkModelMemory,
	upstreams: checkUpstreams,
} as const satisfies Readonly<Record<string, DoctorCheck>>

export async function diagnose(flags: ConfigFlags, context: CommandContext): Promise<readonly Diagnosis[]> {
	const proxy = checkProxy(context.environment)
	const settings = await readSettings(flags, context.environment).catch((thrown: unknown) => {
		if (thrown instanceof ConfigError) return thrown
		throw thrown
	})
	if (settings instanceof ConfigError)
		return [
			...settings.message.split('\n').map((message) => configurationFailure(message)),
			...Object.keys(checks).map((check) => skipped(check, 'not checked: the configuration is invalid')),
			...proxy,
		]
	const clean = redactor(settings)
	const results = await Promise.all([
		checkConfiguration(settings, context),
		...Object.entries(checks).map(([name, check]) => withoutFailing(name, () => check(settings, context))),
	])
	return [...results.flat(), ...proxy].map(({ message, remedy, ...rest }) => ({
		...rest,
		message: clean(message),
		remedy: remedy === undefined ? undefined : clean(remedy),
	}))
}

async function checkConfiguration(settings: Settings, context: CommandContext): Promise<readonly Diagnosis[]> {
	const problems = [...settings.servingProblems, ...(await checkEngines(settings, context.environment))]
	if (problems.length > 0) return problems.map((problem) => configurationFailure(problem))
	const name = settings.file ?? 'no file: the built-in embedded model is served'
	return [
		{ check: 'configuration', status: 'ok', message: name },
		...settings.warnings.map((message): Diagnosis => ({ check: 'configuration', status: 'warning', message })),
	]
}

function configurationFailure(message: string): Diagnosis {
	return { check: 'configuration', status: 'failed', message: hideCredentials(message) }
}

function skipped(check: string, message: string): Diagnosis {
	return { check, status: 'skipped', message }
}

/** A check that cannot be made is a failed check. */
async function withoutFailing(check: string, run: () => Promise<readonly Diagnosis[]>): Promise<readonly Diagnosis[]> {
	try {
		return await run()
	} catch (thrown) {
		const [message = ''] = (describeFailure(thrown).text ?? '').split('\n')
		return [{ check, status: 'failed', message }]
	}
}

/** Removes every secret of the configuration, also from messages of other programs. */
function redactor({ config, database }: Settings): (text: string) => string {
	// The address of the database is a secret only in part.
	const secrets = configSecrets(config).filter((secret) => secret !== config.database)
	const hide = redactorOf([...secrets, ...(findStoreKind(database)?.secretsOf(database) ?? [])])
	return (text) => terminalLine(hide(hideCredentials(text)))
}
