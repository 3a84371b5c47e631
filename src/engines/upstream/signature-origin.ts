// Names the origin of signatures: services reject signatures that they, or the model, did not make.

/**
 * @param service the host of the upstream, or the provider's name.
 * @param model the upstream's name of the model.
 * @returns the value of `Signature.origin`.
 */
export function signatureOrigin(service: string, model: string): string {
	return `${service} ${model}`
}
