import { execFileSync } from 'node:child_process';
import { inDist } from './paths.js';

const MAX_DOCUMENT_BYTES = 2 ** 26;

/** The OpenAPI document that the built API prints, as JSON. */
export const openApiDocument = (): string =>
  execFileSync(process.execPath, [inDist('apps', 'api', 'src', 'openapi.command.js')], {
    ...{ encoding: 'utf8', maxBuffer: MAX_DOCUMENT_BYTES },
  });
