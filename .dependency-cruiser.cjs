/**
 * Directions of imports (docs/explanation/architecture.md). Data flows one way:
 * HTTP → uploads → broker → worker → imaging + inference → broker → results → purge; nothing points back.
 */

/** An npm package, wherever it is installed. */
const npm = (names) => `node_modules/(${names})(/|$)`;

/**
 * @param {string} name
 * @param {string} comment why
 * @param {object} from
 * @param {object} to
 */
const never = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    never('no-cycles', 'Two files that need each other are one file, or three.', {}, { circular: true }),
    never(
      'no-orphans',
      'A file that nobody uses and that uses nobody is dead. Entry points, ambient types and what is served as it is are not.',
      { orphan: true, pathNot: ['\\.d\\.ts$', '/main\\.ts$', '\\.command\\.ts$', '^apps/web/public/'] },
      {},
    ),
    never('no-unknown-modules', 'What cannot be resolved cannot be checked.', {}, { couldNotResolve: true }),
    never(
      'only-declared-packages',
      'A package that package.json does not name, or only for development, is missing in production.',
      { path: '^(apps|libs)/', pathNot: '^apps/web/' },
      { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'] },
    ),
    never(
      'libs-below-apps',
      'Libraries import no application and no tool.',
      { path: '^libs/' },
      { path: '^(apps|tools)/' },
    ),
    never(
      'apps-apart',
      'Applications meet in libs alone.',
      { path: '^apps/([^/]+)/' },
      { path: '^apps/', pathNot: '^apps/$1/' },
    ),
    never(
      'apps-without-tools',
      'Applications run without the tools: their images do not contain them.',
      { path: '^apps/' },
      { path: '^tools/' },
    ),
    never(
      'tools-start-apps',
      'Tools import libraries. Applications are processes that they start; the reference reads the limits of the API.',
      { path: '^tools/', pathNot: '^tools/src/reference/' },
      { path: '^apps/' },
    ),
    never(
      'models-are-built-apart',
      'The commands run the model builder as a process, and the model builder knows no command.',
      { path: '^tools/(src|model-builder)/' },
      { path: '^tools/', pathNot: '^tools/$1/' },
    ),
    never(
      'bootstrap-before-install',
      'What runs before the dependencies are installed uses modules of Node only.',
      { path: '^tools/[^/]+\\.mjs$' },
      { dependencyTypesNot: ['core'], pathNot: '^tools/[^/]+\\.mjs$' },
    ),
    {
      name: 'no-folder-cycles',
      comment: 'Folders of an application or a library form layers: no two need each other.',
      severity: 'error',
      scope: 'folder',
      from: { path: '^(apps|libs)/[^/]+/src/|^tools/' },
      to: { circular: true },
    },
    never(
      'uploads-know-no-results',
      'Uploads and results meet in the broker alone.',
      { path: '^apps/api/src/(uploads|parsers)/' },
      { path: '^apps/api/src/(results|events|long-poll)/' },
    ),
    never(
      'results-know-no-uploads',
      'Uploads and results meet in the broker alone.',
      { path: '^apps/api/src/(results|events|long-poll)/' },
      { path: '^apps/api/src/(uploads|parsers)/' },
    ),
    never(
      'api-platform-below-features',
      'The HTTP platform, pages, the document builder and the providers know no feature. Parsers are below all of them.',
      { path: '^apps/api/src/(http|pages|openapi|core|observability)/' },
      { path: '^apps/api/src/', pathNot: '^apps/api/src/(http|pages|openapi|core|observability|parsers)/' },
    ),
    never(
      'api-features-apart',
      'A feature imports no other feature but jobs.',
      { path: '^apps/api/src/(jobs|batches|compat|service)/' },
      { path: '^apps/api/src/(batches|compat|service)/', pathNot: '^apps/api/src/$1/' },
    ),
    never(
      'nest-in-apps',
      'Libraries run without a framework.',
      { pathNot: ['^apps/(api|worker)/', 'node_modules'] },
      { path: npm('@nestjs/[^/]+') },
    ),
    never(
      'redis-in-broker',
      'One place speaks to Redis: so one place can promise what is kept there.',
      { pathNot: ['^libs/broker/', 'node_modules'] },
      { path: npm('bullmq|ioredis') },
    ),
    never(
      'sharp-in-imaging',
      'One place decodes images. The build draws the icon of the page.',
      { pathNot: ['^libs/imaging/', '^tools/src/build-web\\.ts$', 'node_modules'] },
      { path: npm('sharp') },
    ),
    never(
      'outside-through-fetcher',
      'One place asks the internet for anything: so one place decides whom it asks.',
      { path: '^(apps/(api|worker)|libs)/', pathNot: '^libs/fetcher/' },
      { path: ['^(node:)?(dns|tls|https|http2)(/promises)?$', npm('undici')] },
    ),
    never(
      'fetcher-fetches-only',
      'The fetcher talks to foreign servers: it imports neither the queue, nor images, nor settings.',
      { path: '^libs/fetcher/' },
      { path: '^(libs|apps)/', pathNot: '^libs/(fetcher|contracts)/|^libs/crypto/src/wipe\\.ts$' },
    ),
    never(
      'onnx-in-inference',
      'One place runs models.',
      { pathNot: ['^libs/inference/', '^tools/model-builder/', 'node_modules'] },
      { path: npm('onnxruntime-[^/]+') },
    ),
    never(
      'files-in-few-places',
      'Whatever touches an image must not be able to name a file.',
      {
        path: '^(apps|libs)/',
        pathNot: [
          '^libs/inference/src/model-files\\.ts$',
          '^libs/auth/src/secret-file\\.ts$',
          // Reads the Lua scripts at start, and writes nothing.
          '^libs/broker/src/redis/lua-scripts\\.ts$',
          // Reads the hashes of API keys, again and again, and writes nothing.
          '^libs/auth/src/api-key-file\\.ts$',
          // Reads what /proc tells of this process, and writes there that no memory goes into core dumps.
          '^libs/retention/src/process-checks\\.ts$',
          // Reads how much memory the engine takes, and writes nothing.
          '^libs/(retention/src/process-memory|config/src/process-cpu)\\.ts$',
          // The audit reads /proc and writes reports; no image of a user ever comes to it.
          '^apps/audit/',
          // The command line works on its own user's machine.
          '^apps/cli/src/',
        ],
      },
      { path: '^(node:)?fs(/promises)?$', dependencyTypes: ['core'] },
    ),
    never(
      'contracts-alone',
      'The wire schemas are what everybody shares: they import no sibling.',
      { path: '^libs/contracts/' },
      { path: '^(libs|apps)/', pathNot: '^libs/contracts/' },
    ),
    never(
      'api-does-not-decode',
      'The API reads headers only: no decoder, no model in the process that faces the network. It may name models.',
      { path: '^apps/api/' },
      {
        path: '^libs/(imaging|inference)/',
        pathNot: [
          '^libs/imaging/src/(guard/image-guard|formats/image-facts)\\.ts$',
          '^libs/inference/src/model-catalog\\.ts$',
        ],
      },
    ),
    never(
      'guard-does-not-decode',
      'What the API may import of imaging must not bring the decoder with it.',
      { path: '^libs/imaging/src/guard/image-guard\\.ts$' },
      { path: npm('sharp'), reachable: true },
    ),
    never(
      'catalog-does-not-infer',
      'What the API may import of inference reads what is known of models, and cannot run or change one.',
      { path: '^libs/inference/src/model-catalog\\.ts$' },
      {
        path: ['^tools/', npm('onnxruntime-[^/]+')],
        reachable: true,
      },
    ),
    never(
      'service-without-sdk',
      'The client can write files (`saveTo`): it is for other programs than those that hold images of users.',
      { path: '^(apps/(api|worker)|libs)/', pathNot: '^libs/sdk/' },
      { path: '^libs/sdk/' },
    ),
    never(
      'page-imports-wire-and-sdk',
      'What runs in a browser shares the wire schemas, the client and the ZIP records, and no server code.',
      { path: '^apps/web/' },
      { path: '^libs/', pathNot: '^libs/(sdk|contracts|zip)/' },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|\\.cache)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      // `#broker/x.js` (package.json "imports") means the source, not what was built last.
      conditionNames: ['removebg-source', 'import', 'node', 'require', 'default'],
      exportsFields: ['exports'],
      mainFields: ['module', 'main', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json', '.d.ts'],
    },
  },
};
