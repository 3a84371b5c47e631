// The home folder of the user who runs the program, with a fallback. In containers, processes often have neither HOME
// nor an entry in the password file, so that the system returns an error.

import { homedir } from 'node:os'
import type { Environment } from './environment.ts'

/** @param otherwise the folder to use if the system has no home folder for this user. */
export function homeFolder({ HOME }: Environment, otherwise: string): string {
	if (HOME !== undefined && HOME !== '') return HOME
	try {
		return homedir()
	} catch {
		return otherwise
	}
}

/** Whether the environment or the system provides a home folder. */
export function hasHome(environment: Environment): boolean {
	return homeFolder(environment, '') !== ''
}

/** The environment of a child process, with HOME set, because many programs fail without it. */
export function withHome(environment: Environment, otherwise: string): Environment {
	return { ...environment, HOME: homeFolder(environment, otherwise) }
}
