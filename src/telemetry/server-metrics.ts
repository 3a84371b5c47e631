// Metrics of the server and its process: the checks of readiness, what waits for the database, the disk, descriptors and the
// event loop. docs/telemetry.md lists them. It does not know requests.

import { readDescriptorLimit } from '../system/descriptor-limit.ts'
import { EventLoopDelay } from '../system/event-loop-delay.ts'
import { countOpenDescriptors } from '../system/open-descriptors.ts'
import { type MetricSnapshot, Metrics } from './metric.ts'
import type { ServerGauges, TurnGauges } from './telemetry.ts'

export interface ServerMetricContext {
	readonly version: string
	/** Milliseconds since 1970. */
	readonly startedAtMs: number
	/** Absent for a process that stores no usage records. */
	readonly quarantinedRecords?: (() => number) | undefined
	/** Absent for a process that stores no turns. */
	readonly turns?: TurnGauges | undefined
	/** Absent for a process that stores nothing. */
	readonly server?: (() => Promise<ServerGauges>) | undefined
	/** Whether the delay of the event loop is measured. */
	readonly isMeasured: boolean
}

/** Bounds in seconds: from a busy process to one that does not respond. */
const delays = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const noLabels = { labels: [] } as const

export class ServerMetrics {
	private readonly metrics = new Metrics()
	private readonly readServer: (() => Promise<ServerGauges>) | undefined
	private readonly maxDescriptors = readDescriptorLimit()
	private readonly eventLoop: EventLoopDelay | undefined
	private server: ServerGauges | undefined
	private descriptors: number | undefined

	constructor(context: ServerMetricContext) {
		const { version, quarantinedRecords, turns, server } = context
		this.readServer = server
		this.metrics.gauge(
			{ name: 'dragoman_build_info', help: 'Always 1.', labels: ['version'] },
			() => [[[version], 1]],
			'max',
		)
		if (quarantinedRecords !== undefined) this.measureQuarantine(quarantinedRecords)
		if (turns !== undefined) this.measureTurns(turns)
		if (server !== undefined) this.measureServer()
		this.eventLoop = context.isMeasured ? this.measureEventLoop() : undefined
		this.measureProcess(context.startedAtMs)
	}

	/** Never rejects: values that cannot be read are absent. */
	async snapshot(): Promise<readonly MetricSnapshot[]> {
		const [server, descriptors] = await Promise.all([
			this.readServer?.().catch(() => undefined),
			countOpenDescriptors().catch(() => undefined),
		])
		this.server = server
		this.descriptors = descriptors
		return this.metrics.snapshot()
	}

	close(): void {
		this.eventLoop?.close()
	}

	private measureQuarantine(quarantinedRecords: () => number): void {
		const help = 'Usage records in quarantine, because the database refuses them.'
		// Processes of one host share the folder.
		this.metrics.gauge(
			{ name: 'dragoman_usage_records_quarantined', help, ...noLabels },
			() => [[[], quarantinedRecords()]],
			'max',
		)
	}

	private measureTurns({ pendingEnds, deadProcesses }: TurnGauges): void {
		const { metrics } = this
		metrics.gauge(
			{ name: 'dragoman_turn_ends_pending', help: 'Ends of turns that wait for the database.', ...noLabels },
			() => [[[], pendingEnds()]],
		)
		metrics.gauge(
			{
				name: 'dragoman_dead_processes_total',
				help: 'Other processes on the same database that stopped writing their heartbeat and were ended.',
				...noLabels,
			},
			() => [[[], deadProcesses()]],
			'sum',
			'counter',
		)
	}

	private measureServer(): void {
		const { metrics } = this
		metrics.gauge(
			{
				name: 'dragoman_check_ok',
				help: '1 if the check of GET /ready passes: database, journal, disk.',
				labels: ['check'],
			},
			() => Object.entries(this.server?.checks ?? {}).map(([name, { ok }]) => [[name], Number(ok)]),
			'min',
		)
		this.measure(
			'dragoman_usage_records_pending',
			'Usage records that wait for the database.',
			'sum',
			() => this.server?.pendingRecords,
		)
		this.measure(
			'dragoman_usage_records_pending_max',
			'Usage records that may wait for the database, `ledger.maxPending`; calls fail above it.',
			'sum',
			() => this.server?.maxPendingRecords,
		)
		this.measure(
			'dragoman_disk_free_bytes',
			'Free space on the disk of the data folder.',
			'min',
			() => this.server?.disk?.freeBytes,
		)
		this.measure(
			'dragoman_disk_size_bytes',
			'Size of the disk of the data folder.',
			'max',
			() => this.server?.disk?.totalBytes,
		)
	}

	private measureEventLoop(): EventLoopDelay {
		const delay = this.metrics.histogram(
			{
				name: 'dragoman_event_loop_delay_seconds',
				help: 'Time that the event loop was late, measured twice per second.',
				...noLabels,
			},
			delays,
		)()
		return new EventLoopDelay((ms) => delay.observe(ms / 1000))
	}

	private measureProcess(startedAtMs: number): void {
		const { metrics } = this
		this.measure('process_resident_memory_bytes', 'Resident memory of the gateway, without engines.', 'sum', () =>
			process.memoryUsage.rss(),
		)
		metrics.gauge(
			{ name: 'process_cpu_seconds_total', help: 'CPU time of the gateway, without engines.', ...noLabels },
			() => {
				const { user, system } = process.cpuUsage()
				return [[[], (user + system) / 1e6]]
			},
			'sum',
			'counter',
		)
		this.measure(
			'process_start_time_seconds',
			'Start time of the process, in seconds since 1970.',
			'min',
			() => startedAtMs / 1000,
		)
		this.measure(
			'process_open_fds',
			'Open files and sockets; of the worker that has most.',
			'max',
			() => this.descriptors,
		)
		this.measure('process_max_fds', 'Maximum of open files and sockets of a process.', 'min', () =>
			this.maxDescriptors === Number.POSITIVE_INFINITY ? undefined : this.maxDescriptors,
		)
	}

	/** A gauge without labels. @param read undefined if there is no value. */
	private measure(name: string, help: string, across: MetricSnapshot['across'], read: () => number | undefined): void {
		this.metrics.gauge(
			{ name, help, ...noLabels },
			() => {
				const value = read()
				return value === undefined ? [] : [[[], value]]
			},
			across,
		)
	}
}
