// The models that the embedded engine serves, and the state that it reports until a process runs. Plain data.

import type { ModelDefaults } from '../../weights/catalogue.ts'
import type { SupervisorOptions } from './supervisor.ts'

/** A model to be served by its own process. */
export interface ServedProcess extends SupervisorOptions {
	/** Defaults for parameters that the request does not set. */
	readonly defaults?: ModelDefaults
	/** Called when connecting to the process failed because this process has no file descriptor left. */
	readonly outOfDescriptors?: () => void
	/** Set for a model that serves requests instead of the configured one: its answers carry its own name, and `state()` has this note. */
	readonly substituteNote?: string
}

/** The startup phase before a process runs. */
export interface StartupPhase {
	/** `starting` takes seconds, `fetching` minutes; `failed` needs the operator. */
	readonly status: 'starting' | 'fetching' | 'failed'
	/** Public: without paths. */
	readonly note: string
	/** The note to show instead while another model serves requests. */
	readonly substituteNote?: string
}
