// How much space the stored streams of each tenant and owner use, and whose stream is removed first if others need space: the oldest one
// of the heaviest owner of the heaviest tenant. It does not touch files.

import type { OwnerId, Scope, TenantId } from '../keys/scope.ts'

export interface StreamSize {
	readonly name: string
	readonly scope: Scope
	bytes: number
	/** When it was opened or last found, in milliseconds since 1970. */
	readonly atMs: number
}

export class StreamShares {
	private readonly streams = new Map<string, StreamSize>()
	private readonly tenants = new Map<TenantId, Map<OwnerId, Set<StreamSize>>>()
	private readonly tenantBytes = new Map<TenantId, number>()
	private total = 0

	get totalBytes(): number {
		return this.total
	}

	has(name: string): boolean {
		return this.streams.has(name)
	}

	names(): readonly string[] {
		return [...this.streams.keys()]
	}

	add(name: string, { tenant, owner }: Scope, bytes: number, atMs: number): void {
		this.remove(name)
		const size = { name, scope: { tenant, owner }, bytes, atMs }
		this.streams.set(name, size)
		const owners = this.tenants.get(tenant) ?? new Map<OwnerId, Set<StreamSize>>()
		this.tenants.set(tenant, owners)
		owners.set(owner, (owners.get(owner) ?? new Set()).add(size))
		this.count(tenant, bytes)
	}

	/** Sets the size of a stream. */
	resize(name: string, bytes: number): void {
		const size = this.streams.get(name)
		if (size === undefined) return
		this.count(size.scope.tenant, bytes - size.bytes)
		size.bytes = bytes
	}

	sizeOf(name: string): number {
		return this.streams.get(name)?.bytes ?? 0
	}

	remove(name: string): void {
		const size = this.streams.get(name)
		if (size === undefined) return
		const { tenant, owner } = size.scope
		this.streams.delete(name)
		this.count(tenant, -size.bytes)
		const owners = this.tenants.get(tenant)
		const own = owners?.get(owner)
		own?.delete(size)
		if (own?.size === 0) owners?.delete(owner)
		if (owners?.size !== 0) return
		this.tenants.delete(tenant)
		this.tenantBytes.delete(tenant)
	}

	/**
	 * The streams to remove if `scope` needs space, oldest first: those of the heaviest owner of the heaviest tenant. None if that is
	 * `scope` itself.
	 */
	removable({ tenant, owner }: Scope): readonly StreamSize[] {
		const heaviest = heaviestOf(this.tenantBytes.keys(), (other) => this.bytesOf(other))
		if (heaviest === undefined) return []
		const isOther = heaviest !== tenant && this.bytesOf(heaviest) > this.bytesOf(tenant)
		const owners = this.tenants.get(isOther ? heaviest : tenant)
		const bytesOf = (other: OwnerId) => sum(owners?.get(other) ?? [])
		const heaviestOwner = heaviestOf(owners?.keys() ?? [], bytesOf)
		if (heaviestOwner === undefined) return []
		if (!isOther && (heaviestOwner === owner || bytesOf(heaviestOwner) <= bytesOf(owner))) return []
		return [...(owners?.get(heaviestOwner) ?? [])].sort((a, b) => a.atMs - b.atMs)
	}

	/** Whether a tenant uses at most its share of `maxBytes` together with `bytes` more. */
	isWithinShare(tenant: TenantId, bytes: number, maxBytes: number): boolean {
		const tenants = this.tenants.size + (this.tenants.has(tenant) ? 0 : 1)
		return tenants > 1 && this.bytesOf(tenant) + bytes <= maxBytes / tenants
	}

	private bytesOf(tenant: TenantId): number {
		return this.tenantBytes.get(tenant) ?? 0
	}

	private count(tenant: TenantId, bytes: number): void {
		this.total += bytes
		this.tenantBytes.set(tenant, this.bytesOf(tenant) + bytes)
	}
}

function heaviestOf<Key>(keys: Iterable<Key>, bytesOf: (key: Key) => number): Key | undefined {
	let heaviest: Key | undefined
	let most = -1
	for (const key of keys) {
		const bytes = bytesOf(key)
		if (bytes > most) [heaviest, most] = [key, bytes]
	}
	return heaviest
}

function sum(sizes: Iterable<StreamSize>): number {
	let bytes = 0
	for (const size of sizes) bytes += size.bytes
	return bytes
}
