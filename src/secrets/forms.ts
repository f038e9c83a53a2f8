/** Shorter values occur by chance in ordinary text; masking them would garble it and reveal them by their place. */
export const shortest = 6;

/**
 * Everything that a value may look like when somebody else writes it: raw; base64 by itself and inside a longer text;
 * hex; escaped for JSON (once and twice, also by those who escape all but ASCII), URLs, forms, SQL and shells; and as
 * the number that it is.
 */
export function formsOf(value: string): string[] {
  const json = escaped(value);
  const ascii = asciiOnly(json);
  const url = encodeURIComponent(value);
  const form = new URLSearchParams([['', value]]).toString().slice(1);
  const forms = [
    value,
    ...base64Forms(value),
    Buffer.from(value).toString('hex'),
    Buffer.from(value).toString('hex').toUpperCase(),
    json,
    ascii,
    json.replaceAll('/', '\\/'),
    escaped(json),
    escaped(ascii),
    url,
    url.replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`),
    url.replaceAll('%2F', '/'),
    lowerHex(url),
    encodeURI(value),
    form,
    lowerHex(form),
    value.replaceAll("'", "''"),
    value.replaceAll("'", "'\\''"),
    ...numberForms(value),
  ];
  return [...new Set(forms)].filter((text) => text.length >= shortest);
}

/** Base64 of a text that holds the value somewhere in its middle: three alignments, without the signs at its edges. */
function base64Forms(value: string): string[] {
  const inner = [0, 1, 2].map((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(value)]);
    const from = Math.ceil((before * 8) / 6);
    return bytes.toString('base64').slice(from, Math.floor((bytes.length * 8) / 6));
  });
  const whole = Buffer.from(value).toString('base64');
  return [whole, whole.replace(/=+$/, ''), ...inner].flatMap((text) => [
    text,
    text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, ''),
    encodeURIComponent(text),
  ]);
}

/** A secret of digits may travel as a number: without leading zeros, in JavaScript's own spelling. */
function numberForms(value: string): string[] {
  if (!/^[+-]?\d+(\.\d+)?$/.test(value)) return [];
  return [value.replace(/^\+?(-?)0+(?=\d)/, '$1'), String(Number(value))];
}

function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function asciiOnly(text: string): string {
  return text.replace(/[\u007f-\uffff]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function lowerHex(text: string): string {
  return text.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
}
