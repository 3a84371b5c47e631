// Responses of the test cases of llhttp, the parser of Node.js (https://github.com/nodejs/llhttp, test/response/*.md, MIT
// licence, copyright Fedor Indutny and contributors), rewritten as data, with what our client does with each. Cases of
// llhttp's lenient modes are left out: our client has none.

export interface ResponseCase {
	readonly name: string
	readonly text: string
	/** Undefined if the response is rejected, or its head is not complete. */
	readonly status?: number
	readonly headers?: Readonly<Record<string, string>>
	/** What was read until the end of the text, `latin1`. */
	readonly body?: string
	readonly rejected?: true
	/** The response is complete without the end of the connection. */
	readonly done?: boolean
	/** Why our client decides differently from llhttp in its strict mode. */
	readonly deviation?: string
}

const head = (...lines: readonly string[]) => [...lines, '', ''].join('\r\n')
const ok = 'HTTP/1.1 200 OK'
const chunked = (...lines: readonly string[]) => head(ok, 'Transfer-Encoding: chunked') + lines.join('\r\n')

const oneCoding = 'a body in another coding could not be read; llhttp reads until the connection is closed'
const onlyHttp = 'upstreams speak HTTP'
const noUpgrade = 'our client asks for no other protocol'
const extensions = 'extensions are ignored, whatever they contain, unless they could end the line'
const chunkSpace = 'some senders pad the size of a chunk with spaces'
const surplus = 'bytes after a complete response are not read; its connection is not used again'

export const responseCorpus: readonly ResponseCase[] = [
	// sample.md
	{
		name: 'simple response',
		text: head(ok, 'Header1: Value1', 'Header2:\t Value2', 'Content-Length: 0'),
		status: 200,
		headers: { header1: 'Value1', header2: 'Value2' },
		body: '',
		done: true,
	},
	{ name: 'RTSP', text: head('RTSP/1.1 200 OK'), rejected: true, deviation: onlyHttp },
	{ name: 'ICE', text: head('ICE/1.1 200 OK'), rejected: true, deviation: onlyHttp },
	{ name: 'HTTPER', text: head('HTTPER/1.1 200 OK'), rejected: true },
	{ name: 'empty body until the end', text: head(ok), status: 200, body: '' },
	{
		name: 'redirect with spaces around its length, incomplete',
		text: `${head('HTTP/1.1 301 Moved Permanently', 'Location: http://www.google.com/', 'X-$PrototypeBI-Version: 1.6.0.3', 'Content-Length:  219  ')}<HTML>`,
		status: 301,
		headers: { 'x-$prototypebi-version': '1.6.0.3', 'content-length': '219' },
		body: '<HTML>',
	},
	{
		name: 'chunk that is a line feed',
		text: `${head('HTTP/1.1 301 MovedPermanently', 'p3p: CP="CAO DSP LAW "', 'Transfer-Encoding: chunked')}1\r\n\n\r\n0\r\n\r\n`,
		status: 301,
		headers: { p3p: 'CP="CAO DSP LAW "' },
		body: '\n',
		done: true,
	},
	{ name: 'no headers', text: head('HTTP/1.1 404 Not Found'), status: 404, body: '' },
	{ name: 'no reason', text: head('HTTP/1.1 301'), status: 301, body: '' },
	{ name: 'empty reason', text: head('HTTP/1.1 200 '), status: 200, body: '' },
	{
		name: 'line feeds only',
		text: 'HTTP/1.1 200 OK\nContent-Type: text/html\nConnection: close\n\nbody',
		rejected: true,
	},
	{
		name: 'underscore in a name',
		text: head(ok, 'Content-Length: 0', 'DCLK_imp: v7;x;114750856;~okv=;dcmt=text/xml'),
		status: 200,
		headers: { dclk_imp: 'v7;x;114750856;~okv=;dcmt=text/xml' },
		body: '',
		done: true,
	},
	{
		name: 'empty value',
		text: head(
			'HTTP/1.0 301 Moved Permanently',
			'Pragma: ',
			'Location: http://a/',
			'Content-Length: 0',
			'Connection: keep-alive',
		),
		status: 301,
		headers: { pragma: '', location: 'http://a/' },
		body: '',
		done: true,
	},
	{
		name: 'odd names',
		text: `${head(ok, '.et-Cookie: PlaxoCS=12; path=/', '_onnection: Keep-Alive', 'Transfer-Encoding: chunked', 'Connection: close')}0\r\n\r\n`,
		status: 200,
		headers: { '.et-cookie': 'PlaxoCS=12; path=/', _onnection: 'Keep-Alive' },
		body: '',
		done: true,
	},
	// invalid.md
	{ name: 'HTP', text: head('HTP/1.1 200 OK'), rejected: true },
	{ name: 'version 01.1', text: head('HTTP/01.1 200 OK'), rejected: true },
	{ name: 'version 11.1', text: head('HTTP/11.1 200 OK'), rejected: true },
	{ name: 'version 1.01', text: head('HTTP/1.01 200 OK'), rejected: true },
	{ name: 'tab after the version', text: head('HTTP/1.1\t200 OK'), rejected: true },
	{ name: 'CR before the response', text: `\r${head('HTTP/1.1\t200 OK')}`, rejected: true },
	{ name: 'headers separated by CR', text: head(ok, 'Foo: 1\rBar: 2'), rejected: true },
	{ name: 'version 5.6', text: head('HTTP/5.6 200 OK'), rejected: true },
	{ name: 'space after the status line', text: head(ok, ' Host: foo'), rejected: true },
	{ name: 'two spaces before the status', text: head('HTTP/1.1  200 OK'), rejected: true },
	{ name: 'two spaces before the reason', text: head('HTTP/1.1 200  OK'), status: 200, body: '' },
	{ name: 'status of one digit', text: head('HTTP/1.1 2 OK'), rejected: true },
	{ name: 'line feeds only, no body', text: 'HTTP/1.1 200 OK\nContent-Length: 0\n\n', rejected: true },
	// content-length.md
	{
		name: 'body until the end',
		text: `${head(ok, 'Server: Apache', 'Connection: close')}<?xml version="1.0"?>\n<a/>`,
		status: 200,
		body: '<?xml version="1.0"?>\n<a/>',
	},
	{
		name: 'Content-Length-X',
		text: `${head(ok, 'Content-Length-X: 0', 'Transfer-Encoding: chunked')}2\r\nOK\r\n0\r\n\r\n`,
		status: 200,
		body: 'OK',
		done: true,
	},
	{
		name: 'tabs around the length',
		text: head(ok, 'Content-Length:\t42\t'),
		status: 200,
		headers: { 'content-length': '42' },
		body: '',
	},
	// transfer-encoding.md
	{
		name: 'empty coding and a length',
		text: `${head(ok, 'Transfer-Encoding:', 'Content-Length: 5')}hello`,
		rejected: true,
	},
	{
		name: 'spaces after sizes',
		text: chunked('23  ', 'This is the data in the first chunk', '1A', 'and this is the second one', '0  ', '', ''),
		status: 200,
		body: 'This is the data in the first chunkand this is the second one',
		done: true,
		deviation: chunkSpace,
	},
	{
		name: 'chunked, deflate',
		text: `${head(ok, 'Transfer-Encoding: chunked, deflate')}World`,
		rejected: true,
		deviation: oneCoding,
	},
	{
		name: 'chunked and then identity',
		text: `${head(ok, 'Transfer-Encoding: chunked', 'Transfer-Encoding: identity')}World`,
		rejected: true,
		deviation: oneCoding,
	},
	{
		name: 'chunkedchunked',
		text: `${head(ok, 'Transfer-Encoding: chunkedchunked')}2\r\nOK\r\n0\r\n\r\n`,
		rejected: true,
		deviation: oneCoding,
	},
	{
		name: 'extensions',
		text: chunked('5;ilovew3;somuchlove=aretheseparametersfor', 'hello', '6;blahblah;blah', ' world', '0', '', ''),
		status: 200,
		body: 'hello world',
		done: true,
	},
	{ name: 'extension without a semicolon', text: chunked('2 erfrferferf', 'aa', '0 rrrr', '', ''), rejected: true },
	{
		name: 'semicolon without an extension',
		text: chunked('2;', 'aa', '0', '', ''),
		status: 200,
		body: 'aa',
		done: true,
		deviation: extensions,
	},
	{
		name: 'quoted extensions',
		text: chunked('5;ilovew3="I love; extensions";blah;foo=bar', 'hello', '0', '', ''),
		status: 200,
		body: 'hello',
		done: true,
	},
	{
		name: 'unbalanced quotes in an extension',
		text: chunked('5;ilovew3="abc";somuchlove="def; ghi', 'hello', '0', '', ''),
		status: 200,
		body: 'hello',
		done: true,
		deviation: extensions,
	},
	{
		name: 'folded coding',
		text: `${head(ok, 'Transfer-Encoding: chunked', '  abc')}5\r\nWorld\r\n0\r\n\r\n`,
		rejected: true,
	},
	// connection.md
	{
		name: 'Proxy-Connection',
		text: `${head(ok, 'Content-Length: 11', 'Proxy-Connection: close')}hello world`,
		status: 200,
		body: 'hello world',
		done: true,
	},
	{
		name: 'HTTP/1.0 with keep-alive, until the end',
		text: `${head('HTTP/1.0 200 OK', 'Connection: keep-alive')}HTTP/1.0 200 OK`,
		status: 200,
		body: 'HTTP/1.0 200 OK',
	},
	{
		name: 'HTTP/1.0 with keep-alive and 204',
		text: `${head('HTTP/1.0 204 No content', 'Connection: keep-alive')}HTTP/1.0 200 OK`,
		status: 204,
		body: '',
		done: true,
		deviation: surplus,
	},
	{ name: 'HTTP/1.1 until the end', text: `${head(ok)}HTTP/1.1 200 OK`, status: 200, body: 'HTTP/1.1 200 OK' },
	{
		name: '204, then another response',
		text: `${head('HTTP/1.1 204 No content')}HTTP/1.1 200 OK`,
		status: 204,
		body: '',
		done: true,
		deviation: surplus,
	},
	{
		name: '204 with close, then another response',
		text: `${head('HTTP/1.1 204 No content', 'Connection: close')}HTTP/1.1 200 OK`,
		status: 204,
		body: '',
		done: true,
		deviation: surplus,
	},
	{
		name: 'surplus after close',
		text: `${head('HTTP/1.1 200 No content', 'Content-Length: 5', 'Connection: close')}2ad731e3-4dcd`,
		status: 200,
		body: '2ad73',
		done: true,
		deviation: surplus,
	},
	{
		name: '101 with a length',
		text: `${head('HTTP/1.1 101 Switching Protocols', 'Connection: upgrade', 'Upgrade: h2c', 'Content-Length: 4')}body`,
		rejected: true,
		deviation: noUpgrade,
	},
	{
		name: '101 with chunks',
		text: `${head('HTTP/1.1 101 Switching Protocols', 'Connection: upgrade', 'Upgrade: h2c', 'Transfer-Encoding: chunked')}2\r\nbo\r\n0\r\n\r\n`,
		rejected: true,
		deviation: noUpgrade,
	},
	{
		name: '200 with Upgrade',
		text: `${head(ok, 'Connection: upgrade', 'Upgrade: h2c')}body`,
		status: 200,
		body: 'body',
	},
	{
		name: '200 with Upgrade and a length',
		text: `${head(ok, 'Connection: upgrade', 'Upgrade: h2c', 'Content-Length: 4')}body`,
		status: 200,
		body: 'body',
		done: true,
	},
	{
		name: '200 with Upgrade and chunks',
		text: `${head(ok, 'Connection: upgrade', 'Upgrade: h2c', 'Transfer-Encoding: chunked')}2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n`,
		status: 200,
		body: 'body',
		done: true,
	},
]
