// Names the origin of signatures: services reject signatures that they, or the model, did not make. Clients may see the
// name, so it reveals neither.

/**
 * @param service the host of the upstream, or the provider's name.
 * @param model the upstream's name of the model.
 * @returns the value of `Signature.origin`.
 */
export function signatureOrigin(service: string, model: string): string {
	return Bun.SHA256.hash(`${service} ${model}`, 'hex').slice(0, 16)
}
