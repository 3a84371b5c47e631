// The registries that weights are fetched from: the Python package index and the model hub, as configured for the
// user's own tools. It does not know how those settings are found; config/package-index.ts does.

/** A Python package index (PEP 503). */
export interface PackageIndex {
	/** The simple index, such as `https://pypi.org/simple`. May contain credentials. */
	readonly url: string
	/** CA certificates that replace the default ones, in PEM. */
	readonly caFile?: string
}

/** A model hub with Hugging Face's URL layout. */
export interface ModelHub {
	readonly url: string
	/** Sent to the hub only. */
	readonly token?: string
}

export interface Registries {
	readonly packages: PackageIndex
	readonly hub: ModelHub
}
