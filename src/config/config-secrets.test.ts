import { expect, test } from 'bun:test'
import { configSecrets } from './config-secrets.ts'
import { loadConfig } from './load.ts'

test('every text in a secret field is found, and no other', async () => {
	const { config } = await loadConfig({
		file: undefined,
		overrides: { adminKey: { value: 'an-admin-key-of-16', origin: 'test' } },
		environment: {},
	})
	const upstreams = {
		a: { engine: 'openai-compatible', url: 'http://a', key: 'key-a', headers: { one: 'header-a' } },
		b: { engine: 'ai-sdk', package: 'p', options: { apiKey: 'key-b', nested: { list: ['deep-b'] } } },
	}
	// The form of parsed upstreams does not matter to a walk over their texts.
	const found = configSecrets(Object.assign({}, config, { upstreams }))
	expect(found.filter((text) => text !== config.database).toSorted()).toEqual(
		['an-admin-key-of-16', 'deep-b', 'header-a', 'key-a', 'key-b'].toSorted(),
	)
})
