import { expect, test } from 'bun:test'
import { urlOptions } from './url-options.ts'

test.each([
	['images.example.com', true],
	['*.example.com', true],
	['localhost', true],
	['10.0.0.7', true],
	['fd00::7', true],
	['xn--bcher-kva.example', true],
	...[
		...[
			'',
			'*',
			'*.',
			'https://example.com',
			'example.com/',
			'example.com:8080',
			'Example.com',
			'bücher.example',
			'a b',
		],
		...[
			'user@example.com',
			'0x7f.1',
			'127.1',
			'[fd00::7]',
			'fd00::0007',
			'example.com?',
			'a.*.example.com',
			'*.10.0.0.7',
			'example.com.',
			'::ffff:10.0.0.1',
		],
	].map((host) => [host, false] as const),
])('a host %p in urls.hosts is valid: %p', (host, valid) => {
	expect(urlOptions.safeParse({ hosts: [host] }).success).toBe(valid)
})
