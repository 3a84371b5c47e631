// The operator's policy on URLs in requests, as the configuration writes it.

import { z } from 'zod'
import { canonicalAddress } from '../http/addresses.ts'
import { neverPermitted } from '../http/url-policy.ts'

export const urlOptions = z
	.strictObject({
		schemes: z
			.array(
				z
					.string()
					.regex(/^[a-z][a-z0-9+.-]*$/, 'must be a scheme in lower case without a colon, such as https')
					.refine((scheme) => !neverPermitted.includes(scheme), 'is never permitted'),
			)
			.default(['https', 'http', 'data'])
			.describe('Schemes that URLs of images, files and tool servers may have.'),
		privateAddresses: z
			.enum(['refuse', 'allow'])
			.default('allow')
			.describe(
				'Whether these URLs may name private, link-local and loopback addresses, and names that have such addresses or none.',
			),
		hosts: z
			.array(z.string().refine(isHost, 'must be a host in lower case, such as images.example.com or *.example.com'))
			.optional()
			.describe(
				'The only hosts that these URLs may name; `*.` in front permits all names below one. They may be private.',
			),
	})
	.prefault({})
	.describe('Policy on URLs in requests, which upstreams may fetch.')

/** Whether a text is a host in normal form, without a port; `*.` may be in front of a name. */
function isHost(text: string): boolean {
	const isPattern = text.startsWith('*.')
	const host = isPattern ? text.slice(2) : text
	if (/[*[]|\.$/.test(host)) return false
	const address = canonicalAddress(host)
	if (address !== undefined) return !isPattern && address === host
	return URL.parse(`http://${host}/`)?.hostname === host
}
