/** A request from the values of a form. */
export interface TryRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: FormData;
}

type Control = HTMLInputElement | HTMLSelectElement;

/** All controls of a form with a place, and without those that are empty. */
const filled = (form: HTMLFormElement): Control[] =>
  [...form.querySelectorAll<Control>('[data-place]')].filter(({ value }) => value.trim() !== '');

/** The request that a form describes. Controls name the place of their value: path, query, form, header, token, key. */
export function requestOf(form: HTMLFormElement): TryRequest {
  const { method = 'GET', path = '/', body = 'none' } = form.dataset;
  const request: TryRequest = { method, url: path, headers: {} };
  const query = new URLSearchParams();
  const data = new FormData();
  for (const control of filled(form)) {
    const { name } = control;
    const value = control.value.trim();
    const file = control instanceof HTMLInputElement ? control.files?.[0] : undefined;
    switch (control.dataset['place']) {
      case 'path':
        request.url = request.url.replace(`{${name}}`, encodeURIComponent(value));
        break;
      case 'query':
        query.set(name, value);
        break;
      case 'token':
        request.headers['Authorization'] = `Bearer ${value}`;
        break;
      case 'form':
        data.set(name, file ?? value);
        break;
      default:
        request.headers[name] = value;
    }
  }
  if (query.size > 0) request.url += `?${query}`;
  return body === 'form' ? { ...request, body: data } : request;
}
