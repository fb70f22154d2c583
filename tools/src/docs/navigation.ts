import { html, type Html } from './html.js';
import { operationUrl, type ApiDocument, type Operation } from './open-api.js';

export interface NavigationLink {
  label: string;
  url: string;
  /** HTTP method of an operation. */
  method?: string;
}

export interface NavigationGroup {
  label: string;
  links: NavigationLink[];
}

/** Names of the groups of operations in the sidebar, by tag. */
export const GROUP_LABELS: Record<string, string> = {
  jobs: 'Jobs',
  batches: 'Batches',
  compatibility: 'remove.bg and rembg',
  account: 'Account',
  retention: 'Retention',
  operation: 'Service',
};

const START: NavigationLink[] = [
  { label: 'Quick start', url: '/docs/' },
  { label: 'Three ways to wait', url: '/docs/#waiting' },
  { label: 'Keys and tokens', url: '/docs/#keys' },
  { label: 'Limits', url: '/docs/limits/' },
  { label: 'Errors', url: '/docs/errors/' },
  { label: 'Glossary', url: '/docs/glossary/' },
];

export const groupLabel = (tag: string): string => GROUP_LABELS[tag] ?? tag;

/** Groups of the sidebar: first steps, guides, and one for each tag of the document. */
export const navigationOf = (
  document: ApiDocument,
  operations: readonly Operation[],
  guides: readonly NavigationLink[],
): NavigationGroup[] => [
  { label: 'Start', links: START },
  { label: 'Guides', links: [...guides] },
  ...document.tags.map(({ name }) => ({
    label: groupLabel(name),
    links: operations
      .filter(({ tag }) => tag === name)
      .map((operation) => ({
        ...{ label: operation.summary, url: operationUrl(operation), method: operation.method },
      })),
  })),
];

/** Groups that are open on every page. */
const ALWAYS_OPEN = ['Start', 'Jobs'];

const linkHtml = ({ label, url, method }: NavigationLink, current: string): Html =>
  html`<li>
    <a href="${url}" ${url === current && html`aria-current="page"`}
      ><span>${label}</span>${method !== undefined && methodBadge(method)}</a
    >
  </li>`;

/** The sidebar. Below 60 rem a button in the header opens it: a popover needs no script. */
export const sidebarHtml = (groups: readonly NavigationGroup[], current: string): Html =>
  html`<nav class="side" id="menu" popover aria-label="Documentation">
    ${groups.map(({ label, links }) => {
      const isOpen = ALWAYS_OPEN.includes(label) || links.some(({ url }) => url === current);
      return html`<details ${isOpen && html`open`}>
        <summary>${label}</summary>
        <ul>
          ${links.map((link) => linkHtml(link, current))}
        </ul>
      </details>`;
    })}
  </nav>`;

/** An HTTP method. */
export const methodBadge = (method: string): Html =>
  html`<span class="method ${method.toLowerCase()}">${method === 'DELETE' ? 'DEL' : method}</span>`;
