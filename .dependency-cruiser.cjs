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
    never('no-cycles', 'Files do not import each other in a circle.', {}, { circular: true }),
    never(
      'no-orphans',
      'A file without imports and importers is dead, except entry points, ambient types and static files.',
      { orphan: true, pathNot: ['\\.d\\.ts$', '/main\\.ts$', '\\.command\\.ts$', '^apps/web/public/'] },
      {},
    ),
    never('no-unknown-modules', 'Every import resolves.', {}, { couldNotResolve: true }),
    never(
      'only-declared-packages',
      'Packages that package.json does not list as dependencies are missing in production. No image contains the command line.',
      { path: '^(apps|libs)/', pathNot: '^apps/(web/|cli/src/mcp[-.])' },
      { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'] },
    ),
    never(
      'mcp-in-its-command',
      'Only `removebg mcp` speaks the Model Context Protocol.',
      { pathNot: ['^apps/cli/src/mcp[-.]', '^test/', 'node_modules'] },
      { path: npm('@modelcontextprotocol/sdk') },
    ),
    never(
      'mcp-on-demand',
      'The packages of the protocol are large: other commands do not load them.',
      { path: '^apps/cli/', pathNot: '^apps/cli/src/mcp[-.]' },
      { path: '^apps/cli/src/mcp[-.]', dynamic: false },
    ),
    never(
      'libs-below-apps',
      'Libraries import no application and no tool.',
      { path: '^libs/' },
      { path: '^(apps|tools)/' },
    ),
    never(
      'apps-apart',
      'Applications share code through libraries only.',
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
      'Uploads and results share data through the broker only.',
      { path: '^apps/api/src/(uploads|parsers)/' },
      { path: '^apps/api/src/(results|events|long-poll)/' },
    ),
    never(
      'results-know-no-uploads',
      'Uploads and results share data through the broker only.',
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
      'nest-in-api',
      'Only the API uses the framework.',
      { pathNot: ['^apps/api/', 'node_modules'] },
      { path: npm('@nestjs/[^/]+') },
    ),
    never(
      'redis-in-broker',
      'Only the broker uses Redis, so that one place decides what is stored there.',
      { pathNot: ['^libs/broker/', 'node_modules'] },
      { path: npm('bullmq|ioredis') },
    ),
    never(
      'sharp-in-imaging',
      'One place decodes images. The build draws the icons of the page, and the model builder reads pictures of the operator.',
      {
        pathNot: [
          '^libs/imaging/',
          '^tools/src/web-app\\.ts$',
          '^tools/model-builder/calibration/pictures\\.ts$',
          'node_modules',
        ],
      },
      { path: npm('sharp') },
    ),
    never(
      'outside-through-fetcher',
      'Only the fetcher sends requests to other servers, so that one place decides which ones.',
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
      'Only inference and the model builder run models.',
      { pathNot: ['^libs/inference/', '^tools/model-builder/', 'node_modules'] },
      { path: npm('onnxruntime-[^/]+') },
    ),
    never(
      'files-in-few-places',
      'Code that processes images cannot open files.',
      {
        path: '^(apps|libs)/',
        pathNot: [
          '^libs/inference/src/model-files\\.ts$',
          '^libs/auth/src/secret-file\\.ts$',
          // Reads the Lua scripts at start, and writes nothing.
          '^libs/broker/src/redis/lua-scripts\\.ts$',
          // Reads the built start pages at start, and writes nothing.
          '^apps/api/src/http/public-pages\\.ts$',
          // Reads the hashes of API keys, again and again, and writes nothing.
          '^libs/auth/src/api-key-file\\.ts$',
          // Reads facts of this process in /proc, and excludes its memory from core dumps there.
          '^libs/retention/src/process-checks\\.ts$',
          // Reads the audit report that the operator publishes, and the template of the privacy page. Both write nothing.
          '^(libs/config/src/audit-report-file|apps/api/src/service/privacy-page)\\.ts$',
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
      'The wire schemas are shared by all: they import no other library.',
      { path: '^libs/contracts/' },
      { path: '^(libs|apps)/', pathNot: '^libs/contracts/' },
    ),
    never(
      'api-does-not-decode',
      'The API reads image headers only: the process that faces the network has no decoder and no model.',
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
      'The part of imaging that the API imports does not import the decoder.',
      { path: '^libs/imaging/src/guard/image-guard\\.ts$' },
      { path: npm('sharp'), reachable: true },
    ),
    never(
      'catalog-does-not-infer',
      'The part of inference that the API imports reads the manifest and cannot run a model.',
      { path: '^libs/inference/src/model-catalog\\.ts$' },
      {
        path: ['^tools/', npm('onnxruntime-[^/]+')],
        reachable: true,
      },
    ),
    never(
      'service-without-sdk',
      'The SDK can write files (`saveTo`): services that process images of users do not import it.',
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
