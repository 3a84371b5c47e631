// The error of this folder that operators read.

/** The weights are unavailable. The message lists each source with its failure, one per line. */
export class WeightsError extends Error {
	override readonly name = 'WeightsError'
}
