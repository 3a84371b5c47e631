// The home folder of the user who runs the program, also if there is none: in containers, processes often have neither HOME nor an entry in the
// password file, and the system's answer is an error then.

import { homedir } from 'node:os'
import type { Environment } from './environment.ts'

/** @param otherwise a folder to take if the system knows no home. */
export function homeFolder({ HOME }: Environment, otherwise: string): string {
	if (HOME !== undefined && HOME !== '') return HOME
	try {
		return homedir()
	} catch {
		return otherwise
	}
}

/** Whether programs find a home folder. */
export function hasHome(environment: Environment): boolean {
	return homeFolder(environment, '') !== ''
}

/** The environment of a child process: with a HOME, since many programs fail without one. */
export function withHome(environment: Environment, otherwise: string): Environment {
	return { ...environment, HOME: homeFolder(environment, otherwise) }
}
