import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** Limits of the house: about 200 lines a file, 40 a function, 4 parameters; the lint fails a bit later. */
const houseRules = {
  'max-lines': ['error', { max: 400 }],
  'max-lines-per-function': ['error', { max: 60 }],
  // Constructors take what is injected: they may have more.
  'no-restricted-syntax': [
    'error',
    {
      selector:
        ':matches(FunctionDeclaration, ArrowFunctionExpression, MethodDefinition[kind!="constructor"] > FunctionExpression)[params.length>4]',
      message: 'At most four parameters: group them in an object.',
    },
  ],
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
