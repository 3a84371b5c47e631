// The script of the page of the APIs, which shows the OpenAPI document with Swagger UI. It knows no operation.

type SwaggerUi = (options: object) => void

declare const SwaggerUIBundle: SwaggerUi

const dark = matchMedia('(prefers-color-scheme: dark)')

function applyTheme(): void {
	document.documentElement.classList.toggle('dark-mode', dark.matches)
}

applyTheme()
dark.addEventListener('change', applyTheme)

const root = document.querySelector<HTMLElement>('#api')
SwaggerUIBundle({
	domNode: root,
	url: root?.dataset.document,
	deepLinking: true,
	docExpansion: 'none',
	defaultModelsExpandDepth: -1,
	filter: true,
	displayRequestDuration: true,
	// The validator of swagger.io would receive the document.
	validatorUrl: null,
	// A key stays in the memory of the page.
	persistAuthorization: false,
})
