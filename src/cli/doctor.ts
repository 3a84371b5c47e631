// dragoman doctor: checks what a server needs on this machine and prints one line for each check, with a remedy. It
// changes nothing, and its report contains no secrets.

import { Command } from 'commander'
import type { ConfigFlags } from '../config/settings.ts'
import { CliError } from './cli-error.ts'
import { addConfigOptions, type CommandContext } from './command.ts'
import { type Diagnosis, writeDiagnosis } from './diagnosis.ts'

interface DoctorFlags extends ConfigFlags {
	readonly json?: true
}

export function doctorCommand(context: CommandContext): Command {
	return addConfigOptions(
		new Command('doctor').description('check the configuration, this machine and every upstream, without changes'),
	)
		.option('--json', 'print JSON')
		.action(async ({ json, ...flags }: DoctorFlags) => {
			const { diagnose } = await import('./doctor-checks.ts')
			const diagnoses = await diagnose(flags, context)
			if (json === true) context.print(JSON.stringify(report(diagnoses, context), null, 2))
			else for (const diagnosis of diagnoses) context.print(writeDiagnosis(diagnosis))
			const failed = diagnoses.filter(({ status }) => status === 'failed')
			if (failed.length > 0) throw new CliError(`${failed.length} ${failed.length === 1 ? 'check' : 'checks'} failed.`)
		})
}

function report(diagnoses: readonly Diagnosis[], { version }: CommandContext) {
	return {
		version,
		bun: Bun.version,
		platform: `${process.platform} ${process.arch}`,
		ok: diagnoses.every(({ status }) => status !== 'failed'),
		checks: diagnoses,
	}
}
