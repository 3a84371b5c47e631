// Requests of the test cases of llhttp, the parser of Node.js (https://github.com/nodejs/llhttp, test/request/*.md, MIT
// licence, copyright Fedor Indutny and contributors), rewritten as data, with what this server does with each. Cases of
// llhttp's lenient modes are left out: this server has none. If a request of the source has no Host, one is added,
// except to those that test its absence.

export interface RequestCase {
	readonly name: string
	readonly text: string
	/** `method url body` of each request that is answered. */
	readonly answered?: readonly string[]
	/** Status of the error that ends the connection. */
	readonly error?: 400 | 501 | 505
	/** Why this server decides differently from llhttp in its strict mode. */
	readonly deviation?: string
}

const line = (start: string, ...rest: readonly string[]) => [start, 'Host: a', ...rest, '', ''].join('\r\n')
const bare = (...lines: readonly string[]) => [...lines, '', ''].join('\r\n')
const chunked = (start: string, ...lines: readonly string[]) =>
	line(start, 'Transfer-Encoding: chunked') + lines.join('\r\n')
const post = 'POST / HTTP/1.1'
const get = 'GET / HTTP/1.1'

const noHost =
	'RFC 9112, section 3.2: a request of HTTP/1.1 without Host is answered with 400; llhttp leaves that to its user'
const noFold = 'RFC 9112, section 5.2: folded lines may be rejected, and servers read them differently'
const noFragment = 'RFC 9112, section 3.2: a target has no fragment; llhttp passes it on'
const noTunnel = 'this server is not a proxy'
const onlyChunked = 'chunked is the only coding that this server knows: a compressed body could not be read'
const anyMethod = 'any token is a method; the routes answer 404 or 405 to one that they do not know'
const chunkSpace =
	'RFC 9112, section 7.1.1 permits white space before an extension, and some senders pad the size of a chunk'

export const requestCorpus: readonly RequestCase[] = [
	// sample.md
	{
		name: 'simple request',
		text: line('OPTIONS /url HTTP/1.1', 'Header1: Value1', 'Header2:\t Value2'),
		answered: ['OPTIONS /url '],
	},
	{ name: 'method that begins with H', text: line('HEAD /url HTTP/1.1'), answered: ['HEAD /url '] },
	{
		name: 'curl',
		text: bare(
			'GET /test HTTP/1.1',
			'User-Agent: curl/7.18.0 (i486-pc-linux-gnu) libcurl/7.18.0',
			'Host: 0.0.0.0=5000',
			'Accept: */*',
		),
		answered: ['GET /test '],
	},
	{
		name: 'Firefox',
		text: bare(
			'GET /favicon.ico HTTP/1.1',
			'Host: 0.0.0.0=5000',
			'Accept: text/html,*/*;q=0.8',
			'Keep-Alive: 300',
			'Connection: keep-alive',
		),
		answered: ['GET /favicon.ico '],
	},
	{
		name: 'no space after the colon',
		text: line('GET /dumbpack HTTP/1.1', 'aaaaaaaaaaaaa:++++++++++'),
		answered: ['GET /dumbpack '],
	},
	{ name: 'no headers', text: bare('GET /get_no_headers_no_body/world HTTP/1.1'), error: 400, deviation: noHost },
	{
		name: 'one header',
		text: line('GET /get_one_header_no_body HTTP/1.1', 'Accept: */*'),
		answered: ['GET /get_one_header_no_body '],
	},
	{
		name: 'ApacheBench',
		text: bare('GET /test HTTP/1.0', 'Host: 0.0.0.0:5000', 'Accept: */*'),
		answered: ['GET /test '],
	},
	{ name: 'empty line before the request', text: `\r\n${line('GET /test HTTP/1.1')}`, answered: ['GET /test '] },
	{ name: 'no version', text: bare('GET /'), error: 400, deviation: 'HTTP/0.9 has no headers and no keys' },
	{ name: 'folded value', text: line(get, 'Line1:   abc', '\tdef', ' ghi'), error: 400, deviation: noFold },
	{ name: 'folded Connection', text: line(get, 'Connection:', ' close'), error: 400, deviation: noFold },
	{ name: 'folded value, line feeds only', text: 'GET / HTTP/1.1\nLine1:   abc\n\tdef\n\n', error: 400 },
	{ name: 'characters above ASCII in a value', text: line(get, 'Test: D\u00c3\u00bcsseldorf'), answered: ['GET / '] },
	{
		name: 'byte 255 in a value',
		text: line('OPTIONS /url HTTP/1.1', 'Header2: \u00ffValue2'),
		answered: ['OPTIONS /url '],
	},
	{
		name: 'folded certificate',
		text: line(get, 'X-SSL-Nonsense:   -----BEGIN CERTIFICATE-----', '\tMIIFbTCC', '\tRA=='),
		error: 400,
		deviation: noFold,
	},
	// method.md
	{ name: 'REPORT', text: line('REPORT /test HTTP/1.1'), answered: ['REPORT /test '] },
	{
		name: 'CONNECT',
		text: bare('CONNECT 0-home0.netscape.com:443 HTTP/1.0', 'User-agent: Mozilla/1.1N'),
		error: 400,
		deviation: noTunnel,
	},
	{
		name: 'CONNECT in capitals',
		text: bare('CONNECT HOME0.NETSCAPE.COM:443 HTTP/1.0'),
		error: 400,
		deviation: noTunnel,
	},
	{
		name: 'CONNECT with a body',
		text: `${bare('CONNECT foo.bar.com:443 HTTP/1.0', 'Content-Length: 10')}blarfcicle"`,
		error: 400,
		deviation: noTunnel,
	},
	{
		name: 'M-SEARCH *',
		text: bare('M-SEARCH * HTTP/1.1', 'HOST: 239.255.255.250:1900'),
		error: 400,
		deviation: 'RFC 9112, section 3.2.4: only OPTIONS has the target *',
	},
	{
		name: 'PATCH',
		text: `${bare('PATCH /file.txt HTTP/1.1', 'Host: a', 'If-Match: "e0023aa4e"', 'Content-Length: 10')}cccccccccc`,
		answered: ['PATCH /file.txt cccccccccc'],
	},
	{ name: 'PURGE', text: line('PURGE /file.txt HTTP/1.1'), answered: ['PURGE /file.txt '] },
	{
		name: 'LINK, with a repeated header',
		text: line(
			'LINK /images/my_dog.jpg HTTP/1.1',
			'Link: <http://a/joe>; rel="tag"',
			'Link: <http://a/sally>; rel="tag"',
		),
		answered: ['LINK /images/my_dog.jpg '],
	},
	{ name: 'SOURCE', text: line('SOURCE /music/sweet/music HTTP/1.1'), answered: ['SOURCE /music/sweet/music '] },
	// invalid.md
	{ name: 'ICE', text: line('GET /music/sweet/music ICE/1.0'), error: 400 },
	{ name: 'almost HTTP', text: line('GET /music/sweet/music IHTTP/1.0'), error: 400 },
	{ name: 'RTSP', text: line('PUT /music/sweet/music RTSP/1.0'), error: 400 },
	{
		name: 'ANNOUNCE',
		text: line('ANNOUNCE /music/sweet/music HTTP/1.0'),
		answered: ['ANNOUNCE /music/sweet/music '],
		deviation: anyMethod,
	},
	{ name: 'headers separated by CR', text: line(get, 'Foo: 1\rBar: 2'), error: 400 },
	{
		name: 'headers separated by LF',
		text: `${line(post, 'x:x\nTransfer-Encoding: chunked')}1\r\nA\r\n0\r\n\r\n`,
		error: 400,
	},
	{
		name: 'headers separated by other characters',
		text: `${[get, 'Connection: close', 'Host: a', '\rZGET /evil: HTTP/1.1', 'Host: a', '', ''].join('\r\n')}`,
		error: 400,
	},
	{ name: 'empty header separated by CR', text: line(post, 'x:\rTransfer-Encoding: chunked'), error: 400 },
	{ name: 'empty header separated by LF', text: line(post, 'x:\nTransfer-Encoding: chunked'), error: 400 },
	{ name: 'invalid name 1', text: line(get, 'Fo@: Failure'), error: 400 },
	{ name: 'invalid name 2', text: line(get, 'Foo\u0001test: Bar'), error: 400 },
	{ name: 'invalid name 3', text: line(get, ': Bar'), error: 400 },
	{ name: 'unknown method', text: line('MKCOLA / HTTP/1.1'), answered: ['MKCOLA / '], deviation: anyMethod },
	{ name: 'folded name', text: line(get, 'name', ' : value'), error: 400 },
	{
		name: 'corrupted Connection',
		text: line(get, 'Connection\r\u001b5\u00d5eep-Alive', 'Accept-Encoding: gzip'),
		error: 400,
	},
	{ name: 'corrupted name', text: line(get, 'X-Some-Header\r\u001b5\u00d5eep-Alive'), error: 400 },
	{
		name: 'missing CR between headers',
		text: `${line(get, 'Dummy: x\nContent-Length: 23')}GET / HTTP/1.1\r\nDummy: GET /admin HTTP/1.1\r\nHost: localhost\r\n\r\n`,
		error: 400,
	},
	{ name: 'version 5.6', text: line('GET / HTTP/5.6'), error: 505 },
	{ name: 'space after the request line', text: bare(get, ' Host: foo'), error: 400 },
	{ name: 'line feeds only', text: 'POST / HTTP/1.1\nTransfer-Encoding: chunked\nFoo: abc\n\n1\nA\n0\n\n', error: 400 },
	{
		name: 'space before a header',
		text: `${line('POST /hello HTTP/1.1', 'Foo: bar', ' Content-Length: 38')}GET /bye HTTP/1.1\r\nHost: a\r\n\r\n`,
		error: 400,
	},
	// content-length.md
	{
		name: 'length with zeros',
		text: `${line('PUT /url HTTP/1.1', 'Content-Length: 003')}abc`,
		answered: ['PUT /url abc'],
	},
	{
		name: 'length with more headers',
		text: `${line('PUT /url HTTP/1.1', 'Content-Length: 003', 'Ohai: world')}abc`,
		answered: ['PUT /url abc'],
	},
	{ name: 'length overflow', text: line('PUT /url HTTP/1.1', 'Content-Length: 1000000000000000000000'), error: 400 },
	{ name: 'two lengths', text: line('PUT /url HTTP/1.1', 'Content-Length: 1', 'Content-Length: 2'), error: 400 },
	{
		name: 'length and coding',
		text: line('PUT /url HTTP/1.1', 'Content-Length: 1', 'Transfer-Encoding: identity'),
		error: 400,
	},
	{
		name: 'body of GET',
		text: `${bare('GET /hello HTTP/1.0', 'conTENT-Length: 5')}HELLO`,
		answered: ['GET /hello HELLO'],
	},
	{ name: 'spaces around the length', text: `${line(post, 'Content-Length:  4 ')}abcd`, answered: ['POST / abcd'] },
	{ name: 'space in the length', text: line(post, 'Content-Length: 4 2'), error: 400 },
	{ name: 'longer length with a space', text: line(post, 'Content-Length: 13 37'), error: 400 },
	{ name: 'empty length', text: line(post, 'Content-Length:'), error: 400 },
	{ name: 'CR in Content-Length', text: `${line('PUT /url HTTP/1.1', 'Content\rLength: 003')}abc`, error: 400 },
	// transfer-encoding.md
	{
		name: 'empty coding and a length',
		text: `${line('POST /first HTTP/1.1', 'Transfer-Encoding:', 'Content-Length: 5')}hello`,
		error: 400,
	},
	{ name: 'incomplete chunks', text: chunked('PUT /url HTTP/1.1') },
	{
		name: 'size in lower case',
		text: chunked('PUT /url HTTP/1.1', 'a', '0123456789', '0', '', ''),
		answered: ['PUT /url 0123456789'],
	},
	{
		name: 'size in upper case',
		text: chunked('PUT /url HTTP/1.1', 'A', '0123456789', '0', '', ''),
		answered: ['PUT /url 0123456789'],
	},
	{
		name: 'size of two digits',
		text: chunked(post, '1e', 'all your base are belong to us', '0', '', ''),
		answered: ['POST / all your base are belong to us'],
	},
	{
		name: 'last chunk with three zeros',
		text: chunked(post, '5', 'hello', '6', ' world', '000', '', ''),
		answered: ['POST / hello world'],
	},
	{
		name: 'trailer',
		text: chunked(post, '5', 'hello', '6', ' world', '0', 'Vary: *', 'Content-Type: text/plain', '', ''),
		answered: ['POST / hello world'],
	},
	{
		name: 'extensions',
		text: chunked(
			post,
			'5;ilovew3;somuchlove=aretheseparametersfor;another=withvalue',
			'hello',
			'6;blahblah;blah',
			' world',
			'0',
			'',
			'',
		),
		answered: ['POST / hello world'],
	},
	{ name: 'extension without a semicolon', text: chunked(post, '2 erfrferferf', 'aa', '0 rrrr', '', ''), error: 400 },
	{
		name: 'semicolon without an extension',
		text: chunked(post, '2;', 'aa', '0', '', ''),
		answered: ['POST / aa'],
		deviation: 'extensions are ignored, whatever they contain, unless they could end the line',
	},
	{
		name: 'quoted extensions',
		text: chunked(post, '5;ilovew3="I \\"love\\"; \\\\extensions\\\\";blah;foo=bar', 'hello', '0', '', ''),
		answered: ['POST / hello'],
	},
	{
		name: 'unbalanced quotes in an extension',
		text: chunked(post, '5;ilovew3="abc";somuchlove="def; ghi', 'hello', '0', '', ''),
		answered: ['POST / hello'],
		deviation: 'extensions are ignored, whatever they contain, unless they could end the line',
	},
	{ name: 'unknown coding', text: line('PUT /url HTTP/1.1', 'Transfer-Encoding: pigeons'), error: 501 },
	{
		name: 'identity and a length',
		text: `${line('POST /a?q=search HTTP/1.1', 'Transfer-Encoding: identity', 'Content-Length: 5')}World`,
		error: 400,
	},
	{
		name: 'empty codings and a length',
		text: `${line(post, 'Content-Length: 10', 'Transfer-Encoding:', 'Transfer-Encoding:')}2\r\nAA\r\n0`,
		error: 400,
	},
	{ name: 'chunked, deflate', text: `${line(post, 'Transfer-Encoding: chunked, deflate')}World`, error: 501 },
	{
		name: 'chunked and then deflate',
		text: `${line(post, 'Transfer-Encoding: chunked', 'Transfer-Encoding: deflate')}World`,
		error: 400,
	},
	{
		name: 'deflate, chunked',
		text: `${line(post, 'Transfer-Encoding: deflate, chunked')}5\r\nWorld\r\n0\r\n\r\n`,
		error: 501,
		deviation: onlyChunked,
	},
	{
		name: 'deflate and then chunked',
		text: `${line(post, 'Transfer-Encoding: deflate', 'Transfer-Encoding: chunked')}5\r\nWorld\r\n0\r\n\r\n`,
		error: 400,
		deviation: onlyChunked,
	},
	{
		name: 'chunkedchunked',
		text: `${line(post, 'Transfer-Encoding: chunkedchunked')}5\r\nWorld\r\n0\r\n\r\n`,
		error: 501,
	},
	{ name: 'no last chunk', text: chunked('PUT /url HTTP/1.1', '3', 'foo', '', ''), error: 400 },
	{ name: 'line feed in a size', text: chunked('PUT /url HTTP/1.1', '3 \n  ', 'foo', ''), error: 400 },
	{
		name: 'folded coding',
		text: `${line('PUT /url HTTP/1.1', 'Transfer-Encoding: chunked', '  abc')}5\r\nWorld\r\n0\r\n\r\n`,
		error: 400,
	},
	{ name: 'size that ends in CR CR', text: `${chunked(get, '5\r\r;ABCD', '34', 'E', '0', '', '')}`, error: 400 },
	{ name: 'chunk longer than its size', text: chunked(get, '5', 'ABCDE0', '', ''), error: 400 },
	{
		name: 'space after a size',
		text: chunked('PUT /url HTTP/1.1', 'a ', '0123456789', '0', '', ''),
		answered: ['PUT /url 0123456789'],
		deviation: chunkSpace,
	},
	// connection.md and pipelining.md
	{ name: 'keep-alive', text: line('PUT /url HTTP/1.1', 'Connection: keep-alive'), answered: ['PUT /url '] },
	{
		name: 'two requests with keep-alive',
		text: line('PUT /url HTTP/1.1', 'Connection: keep-alive').repeat(2),
		answered: ['PUT /url ', 'PUT /url '],
	},
	{
		name: 'a second request after HTTP/1.0',
		text: bare('PUT /url HTTP/1.0') + line('PUT /url HTTP/1.1'),
		answered: ['PUT /url '],
	},
	{
		name: 'empty line between requests',
		text: `${line(post, 'Content-Length: 4')}q=42\r\n${line(get)}`,
		answered: ['POST / q=42', 'GET / '],
	},
	{ name: 'close', text: line('PUT /url HTTP/1.1', 'Connection: close'), answered: ['PUT /url '] },
	{
		name: 'a request after close',
		text: `${line(post, 'Content-Length: 4', 'Connection: close')}q=42\r\n${line(get)}`,
		answered: ['POST / q=42'],
	},
	{
		name: 'several tokens, with close',
		text: line('PUT /url HTTP/1.1', 'Connection: close, token, upgrade, token, keep-alive') + line(get),
		answered: ['PUT /url '],
	},
	{
		name: 'upgrade to an unknown protocol',
		text: `${line('PUT /url HTTP/1.1', 'Connection: upgrade', 'Content-Length: 4', 'Upgrade: ws')}abcd`,
		answered: ['PUT /url abcd'],
		deviation: 'RFC 9110, section 7.8: a server may ignore Upgrade',
	},
	{
		name: 'HTTP/2 with a body',
		text: `${line('POST /demo HTTP/1.1', 'Connection: Upgrade', 'Upgrade: HTTP/2.0', 'Content-Length: 15')}sweet post body`,
		answered: ['POST /demo sweet post body'],
		deviation: 'RFC 9110, section 7.8: a server may ignore Upgrade',
	},
	{
		name: 'three requests with bodies',
		text: `${line('POST /aaa HTTP/1.1', 'Content-Length: 3')}AAA\r\n${line('PUT /bbb HTTP/1.1', 'Content-Length: 4')}BBBB\r\n${line('PATCH /ccc HTTP/1.1', 'Content-Length: 5')}CCCC`,
		answered: ['POST /aaa AAA', 'PUT /bbb BBBB'],
	},
	// uri.md
	{
		name: 'quotes',
		text: line('GET /with_"lovely"_quotes?foo=\\"bar\\" HTTP/1.1'),
		answered: ['GET /with_"lovely"_quotes?foo=\\"bar\\" '],
	},
	{
		name: 'question mark in the query',
		text: line('GET /test.cgi?foo=bar?baz HTTP/1.1'),
		answered: ['GET /test.cgi?foo=bar?baz '],
	},
	{
		name: 'host that ends in a query',
		text: line('GET http://hypnotoad.org?hail=all HTTP/1.1'),
		answered: ['GET /?hail=all '],
	},
	{
		name: 'host and port that end in a query',
		text: line('GET http://hypnotoad.org:1234?hail=all HTTP/1.1'),
		answered: ['GET /?hail=all '],
	},
	{ name: 'vertical bar', text: line('GET /test.cgi?query=| HTTP/1.1'), answered: ['GET /test.cgi?query=| '] },
	{ name: 'host and port', text: line('GET http://hypnotoad.org:1234 HTTP/1.1'), answered: ['GET / '] },
	{ name: 'UTF-8 in the path', text: line('GET /\u00ce\u00b4\u00c2\u00b6/pope?q=1 HTTP/1.1'), error: 400 },
	{
		name: 'fragment',
		text: line('GET /forums/1/topics/2375?page=1#posts-17408 HTTP/1.1'),
		error: 400,
		deviation: noFragment,
	},
	{
		name: 'underscore in a host',
		text: bare('CONNECT home_0.netscape.com:443 HTTP/1.0'),
		error: 400,
		deviation: noTunnel,
	},
	{
		name: 'user information',
		text: line('GET http://a%12:b!&*$@hypnotoad.org:1234/toto HTTP/1.1'),
		error: 400,
		deviation: 'RFC 9110, section 4.2.4: user information in a received target is an error',
	},
	{ name: 'space in the path', text: line('GET /foo bar/ HTTP/1.1'), error: 400 },
]
