import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** Limits: 400 lines a file, 60 a function, 4 parameters. */
/** Words that are no terms of the field (docs/glossary.md): as a whole name, or as a part of one. */
const REFUSED_NAMES = [
  'told',
  'tell',
  'hear',
  'heard',
  'most',
  'least',
  'away',
  'begun',
  'seat',
  'turn',
  'leg',
  'flight',
];
const REFUSED_PARTS =
  '(^|_)(TELL|TOLD|HEARD|MOST|LEAST|SEAT|AWAY|BEGUN|COLOUR)(_|$)|^(tell|told|hear|heard|most|least|seat|away|begun|colour)[A-Z]|' +
  '(Tell|Told|Hear|Heard|Most|Least|Seat|Begun|Patiently|Colour|Catalogue|Whoever|Nobody|Standing|Pulse|Trail)(?![a-z])';

const houseRules = {
  'max-lines': ['error', { max: 400 }],
  'max-lines-per-function': ['error', { max: 60 }],
  // Constructors take what is injected: they may have more.
  'no-restricted-syntax': [
    'error',
    {
      selector: `:matches(VariableDeclarator, FunctionDeclaration, ClassDeclaration, TSInterfaceDeclaration, TSTypeAliasDeclaration) > Identifier[name=/${REFUSED_PARTS}/]`,
      message: 'Use the term of the field: docs/glossary.md.',
    },
    {
      selector: `:matches(MethodDefinition, PropertyDefinition, TSPropertySignature, TSMethodSignature) > Identifier.key[name=/${REFUSED_PARTS}/]`,
      message: 'Use the term of the field: docs/glossary.md.',
    },
    {
      selector:
        ':matches(FunctionDeclaration, ArrowFunctionExpression, MethodDefinition[kind!="constructor"] > FunctionExpression)[params.length>4]',
      message: 'At most four parameters: group them in an object.',
    },
  ],
  'id-denylist': ['error', ...REFUSED_NAMES],
  complexity: ['error', { max: 15 }],
  eqeqeq: ['error', 'always'],
  'no-var': 'error',
  'prefer-const': 'error',
  'object-shorthand': 'error',
};

/** Everything that tsc checks as well: rules may ask for types. The page has a compiler set-up of its own. */
const TYPED = ['apps/**/*.ts', 'libs/**/*.ts', 'tools/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts'];
const typesFrom = (project) => ({ parserOptions: { project, tsconfigRootDir: import.meta.dirname } });

export default defineConfig(
  { ignores: ['dist/', 'node_modules/', '.cache/', 'coverage/', 'models/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: TYPED,
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: typesFrom('tsconfig.check.json'),
    rules: {
      ...houseRules,
      // With emitDecoratorMetadata typescript-eslint keeps constructor-injected classes as value imports.
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // Nest's options are classes by name and plain objects in use.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // `async` handlers without await and modules without members are how Nest is written.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  { files: ['apps/web/**/*.ts'], languageOptions: typesFrom('apps/web/tsconfig.json') },
  {
    // Whatever is printed goes through the allow-list of libs/telemetry.
    files: ['apps/**/*.ts', 'libs/**/*.ts', 'tools/model-builder/**/*.ts'],
    rules: { 'no-console': 'error' },
  },
  {
    // A describe block is one function, and a test may reach where an application may not.
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      'max-lines-per-function': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/explicit-module-boundary-types': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    // Plain JavaScript (bootstrap, configuration): no typed lint.
    files: ['**/*.js', '**/*.cjs', '**/*.mjs'],
    extends: [tseslint.configs.eslintRecommended, tseslint.configs.strict],
    rules: { ...houseRules, '@typescript-eslint/no-require-imports': 'off' },
  },
);
