/**
 * Jest runs the sources directly: swc turns TypeScript, and the dependencies that ship ES modules only, into
 * CommonJS, because Jest cannot load ES modules natively on Node 20 and 22.
 */

/** Dependencies without a CommonJS build. Everything else in node_modules is loaded untouched. */
const ESM_ONLY = [
  '@nestjs',
  '@tokenizer',
  '@borewit',
  '@standard-schema',
  'content-disposition',
  'cookie',
  'es-toolkit',
  'eventsource',
  'eventsource-parser',
  'file-type',
  'hpke',
  'jose',
  'marked',
  'strtok3',
  'token-types',
  'uint8array-extras',
  'zod',
];

const swcOptions = {
  jsc: {
    parser: { syntax: 'typescript', decorators: true },
    // Nest reads constructor parameter types at run time: metadata has to be emitted as tsc does.
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: true },
    target: 'es2023',
    keepClassNames: true,
  },
  module: { type: 'commonjs' },
  sourceMaps: 'inline',
};

/** @type {import('jest').Config} */
module.exports = {
  rootDir: __dirname,
  testEnvironment: 'node',
  // `removebg-source` makes `#broker/x.js` (package.json "imports") resolve to libs/broker/src/x.ts, not to dist.
  testEnvironmentOptions: { customExportConditions: ['removebg-source', 'node', 'node-addons'] },
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.cache/images/'],
  cacheDirectory: '<rootDir>/.cache/jest',
  testSequencer: '<rootDir>/test/harness/longest-first.cjs',
  transform: { '\\.(ts|js|mjs)$': ['@swc/jest', swcOptions] },
  transformIgnorePatterns: [`/node_modules/(?!(?:${ESM_ONLY.join('|')})/)`],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  // In Jest's vm context each read of a global is a call that takes 145 ns instead of 1: loops over pixels and weights
  // would be up to twenty times slower than outside.
  sandboxInjectedGlobals: ['Math'],
  testTimeout: 30_000,
};
