// The operator's policy on URLs in requests, as the configuration writes it.

import { z } from 'zod'
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
				'Whether these URLs may name private, link-local and loopback addresses, and names of the local network. Names are not resolved.',
			),
	})
	.prefault({})
	.describe('Policy on URLs in requests, which upstreams may fetch.')
