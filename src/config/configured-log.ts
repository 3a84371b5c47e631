// Opens the log according to the configuration.

import { openLog, type RootLog } from '../system/log.ts'
import type { Settings } from './settings.ts'

export function openConfiguredLog({ config }: Settings): RootLog {
	const format = config.log.format ?? (process.stderr.isTTY ? 'text' : 'json')
	return openLog({ level: config.log.level, format })
}
