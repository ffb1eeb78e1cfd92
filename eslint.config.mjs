import js from '@eslint/js';
import jupyterPlugin from '@jupyter/eslint-plugin';
import prettierRecommended from 'eslint-plugin-prettier/recommended';
import { defineConfig, globalIgnores } from 'eslint/config';
import globals from 'globals';
import tseslint from 'typescript-eslint';

export default defineConfig([
  globalIgnores([
    '**/node_modules',
    '**/.venv*',
    'dist',
    'docs/_build',
    'lib',
    'jupyterlab_jobs/labextension',
    'ui-tests/test-results'
  ]),
  js.configs.recommended,
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [
      tseslint.configs.recommendedTypeChecked,
      jupyterPlugin.configs.recommended
    ],
    plugins: { jupyter: jupyterPlugin },
    languageOptions: {
      parserOptions: {
        project: ['tsconfig.test.json', 'ui-tests/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname
      }
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/naming-convention': [
        'error',
        {
          selector: 'interface',
          format: ['PascalCase'],
          custom: { regex: '^I[A-Z]', match: true }
        }
      ],
      // Arguments tell what a callback is given, also the ones it does not use.
      '@typescript-eslint/no-unused-vars': [
        'error',
        { args: 'none', ignoreRestSiblings: true }
      ],
      // `namespace Foo { export interface IOptions … }` is how JupyterLab names options.
      '@typescript-eslint/no-namespace': 'off',
      // Lumino's `signal.connect(this._onFoo, this)` binds the method.
      '@typescript-eslint/unbound-method': 'off',
      curly: ['error', 'all'],
      eqeqeq: 'error',
      'prefer-arrow-callback': 'error'
    }
  },
  {
    // A fake is asynchronous because what it stands for is.
    files: ['**/__tests__/**'],
    rules: { '@typescript-eslint/require-await': 'off' }
  },
  {
    files: ['scripts/*.mjs'],
    languageOptions: { globals: globals.node }
  },
  {
    // The configuration of tools; `style/index.js` is a module.
    files: ['*.js'],
    languageOptions: {
      globals: { ...globals.node, ...globals.browser },
      sourceType: 'commonjs'
    }
  },
  prettierRecommended
]);
