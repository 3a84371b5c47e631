import { describe, expect, test } from 'bun:test'
import { publicText } from './public-text.ts'

describe('paths and addresses are removed, except for the last segment', () => {
	for (const [given, expected] of [
		['the model file /srv/models/a.gguf does not exist', 'the model file a.gguf does not exist'],
		["ENOENT: no such file, open '/srv/my models/größe.gguf'", "ENOENT: no such file, open 'größe.gguf'"],
		['/srv/my models/a.gguf is missing', 'a.gguf is missing'],
		['not in /home/ada/.dragoman/engine, and not in /opt/engine', 'not in engine, and not in engine'],
		['There is no model file at /srv/models/x.gguf.', 'There is no model file at x.gguf.'],
		[
			'file not found: "/srv/a/b.gguf" (did you mean "/srv/a/c.gguf"?)',
			'file not found: "b.gguf" (did you mean "c.gguf"?)',
		],
		[
			'file not found: /srv/a b/b.gguf (did you mean /srv/a b/c.gguf?)',
			'file not found: b.gguf (did you mean c.gguf?)',
		],
		["EACCES: permission denied, mkdir '/var/lib/dragoman/engine'", "EACCES: permission denied, mkdir 'engine'"],
		['~/models/x.gguf, ../up/y.gguf and ./z.gguf', 'x.gguf, y.gguf and z.gguf'],
		['Tried: /tmp/x: EROFS; /srv/my data: the path is too long', 'Tried: x: EROFS; my data: the path is too long'],
		['one line\n/second/line', 'one line'],
		["'x' could not be fetched:\n  hub: refused", "'x' could not be fetched"],
		['"~/x/y.gguf" and ./z/a.gguf', '"y.gguf" and a.gguf'],
		['open C:\\Users\\ada\\a.gguf', 'open a.gguf'],
		['file:///srv/x/a.gguf is broken', 'a.gguf is broken'],
		['https://user:secret@models.internal/x/a.gguf?token=1 is gone', 'a.gguf is gone'],
		['"https://models.internal/a.gguf?sig=a/b#sha256=0" is not here', '"a.gguf" is not here'],
		['https://models.internal refused', '… refused'],
		['connect ECONNREFUSED 10.1.2.3:8000', 'connect ECONNREFUSED …'],
		['connect ECONNREFUSED [::1]:8000', 'connect ECONNREFUSED …'],
		['getaddrinfo vllm.cluster.local:8000', 'getaddrinfo …'],
		['localhost:11434 refused', '… refused'],
	] as const)
		test(given, () => expect(publicText(given)).toBe(expected))
})

describe('other texts are unchanged', () => {
	for (const text of [
		"'smollm2-135m' is not available yet: tiny-chat, a toy model whose answers are not meaningful, serves requests instead. Fetch the model with: npx --no-install dragoman models pull smollm2-135m",
		"'hf:org/repo/file.gguf' is not available yet",
		'AgentPublic/llama3-instruct-8b is loading, 1/2',
		'version 1.2.3: line 3:42, and/or 50%',
		'45 of 98 MB, 3 tokens/s, and/or',
	])
		test(text, () => expect(publicText(text)).toBe(text))
})
