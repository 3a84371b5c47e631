// What the configuration says about the log. It does not know how a log is written (log.ts).

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export const logFormats = ['json', 'text'] as const

export interface LogOptions {
	readonly level: (typeof logLevels)[number]
	readonly format: (typeof logFormats)[number]
}
