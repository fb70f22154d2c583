import type { Drive } from './setting.js';
import { withKey } from '../harness/key-files.js';

/** How the operations that are about the service and its callers are driven. */
export const SERVICE: Record<string, Drive> = {
  'GET /healthz': (operation) => operation.answers(200),
  'GET /readyz': (operation) => operation.answers(200),
  'GET /v1/models': (operation) => operation.answers(200),
  'GET /.well-known/retention': async (operation) => {
    await operation.answers(200);
    await operation.answers(200, { headers: { Accept: 'text/html' } });
  },
  'GET /.well-known/retention/audit': async (operation, at) => {
    await operation.answers(404);
    await operation.answers(200, { url: at.strict });
    await operation.answers(200, { url: at.strict, headers: { Accept: 'text/html' } });
  },
  'GET /.well-known/jwks.json': (operation) => operation.answers(200),
  'GET /problems': async (operation) => {
    await operation.answers(200);
    await operation.answers(200, { headers: { Accept: 'text/html' } });
  },
  'GET /problems/{code}': async (operation) => {
    await operation.answers(200, { path: { code: 'missing-image' } });
    await operation.answers(200, { path: { code: 'missing-image' }, headers: { Accept: 'text/html' } });
    await operation.answers(404, { path: { code: 'no-such-problem' } });
  },
  'GET /v1/account': async (operation, at) => {
    await operation.answers(200);
    await operation.answers(200, { headers: withKey(at.key) });
    await operation.answers(200, { headers: { Authorization: `Bearer ${at.key}` } });
    await operation.answers(401, { headers: withKey('rb_nobody') });
  },
};
