// Where weights are fetched from on this machine: the Python package index and the model hub, as the user's own tools are set up.
// It does not know how those settings are found; config/package-index.ts does.

/** A Python package index (PEP 503). */
export interface PackageIndex {
	/** The simple index, as `https://pypi.org/simple`. May carry credentials. */
	readonly url: string
	/** Certificates to trust instead of the usual ones, in PEM. */
	readonly caFile?: string
}

/** A model hub with the addresses of Hugging Face's. */
export interface ModelHub {
	readonly url: string
	/** Sent to the hub alone. */
	readonly token?: string
}

export interface Registries {
	readonly packages: PackageIndex
	readonly hub: ModelHub
}
