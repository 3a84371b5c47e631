// How much memory a model needs, for listings and warnings before it is loaded. An estimate from the size of its file:
// it does not read the file.

/** The runtime, and the compute buffers of small models. */
const fixedBytes = 150_000_000
/** The context of the default number of parallel responses, relative to the weights. */
const contextShare = 0.25

/** In bytes: the weights, the context and the buffers. Long contexts and more parallel responses need more. */
export function estimateModelMemory(sizeBytes: number): number {
	return Math.round(sizeBytes * (1 + contextShare) + fixedBytes)
}
