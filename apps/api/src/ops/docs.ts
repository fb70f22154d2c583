import type { INestApplication } from '@nestjs/common';
import { SwaggerModule } from '@nestjs/swagger';
import { describeApi } from './api.document.js';

/** No bar to choose other documents by, no choice among one server, no links, and room for long words on a phone. */
const STYLE = `
  .swagger-ui .topbar, .swagger-ui .servers-title, .swagger-ui .servers { display: none }
  .swagger-ui .scheme-container { padding: 12px 0 }
  .swagger-ui [class$="-col_description"] { overflow-wrap: anywhere }
  .swagger-ui .response-col_links { display: none }
  .swagger-ui .headers { overflow-wrap: normal }
  .swagger-ui .headers td { padding: 6px 8px 6px 0 }
  html.dark-mode .swagger-ui .headers .header-col { color: inherit }
  html.dark-mode body { background: #1c2022 }
`;

/** Serves `/openapi.json` (OpenAPI 3.1) and the reference page at `/docs`, from this origin alone. */
export function serveDocs(app: INestApplication): void {
  SwaggerModule.setup('docs', app, describeApi(app), {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: 'Removebg BD API',
    customCss: STYLE,
    // In apps/web/public: a script of ours, because the page's policy lets no inline script run.
    customJs: '/docs.js',
    swaggerOptions: { deepLinking: true, defaultModelsExpandDepth: 0 },
    customfavIcon: '/favicon.svg',
  });
}
