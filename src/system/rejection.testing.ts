// The error of a promise, for tests.

/**
 * The error with which `promise` rejects, awaited as usual. `expect(promise).rejects` runs a nested event loop until the
 * promise settles, and in a loop that begins in the handler of a worker's message Bun delivers no further message of
 * that worker.
 * @throws if the promise is fulfilled, or rejects with a value that is not an error.
 */
export async function rejection(promise: PromiseLike<unknown>): Promise<Error> {
	const { value, thrown } = await promise.then(
		(value) => ({ value, thrown: undefined }),
		(thrown: unknown) => ({ value: undefined, thrown }),
	)
	if (thrown instanceof Error) return thrown
	throw new Error(`expected an error, got ${Bun.inspect(thrown ?? value)}`)
}
