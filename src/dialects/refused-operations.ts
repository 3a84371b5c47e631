// Descriptions of routes that refuse every request, made from the routes themselves.

import type { OperationDescription } from './api-description.ts'
import type { Route } from './dialect.ts'

export function describeRefused(routes: readonly Route[]): Readonly<Record<string, OperationDescription>> {
	return Object.fromEntries(
		routes.map(({ method, path }) => [
			`${method} ${path}`,
			{
				name: `${method.toLowerCase()}${nameOfPath(path)}`,
				summary: `${method} ${path}`,
				answer: { type: 'refused' },
			},
		]),
	)
}

/** `/me/keys` as `MeKeys`. */
export function nameOfPath(path: string): string {
	return path.replaceAll(/(?:^|[^A-Za-z])+([a-z])/g, (_, letter: string) => letter.toUpperCase()).replaceAll(/\W/g, '')
}
