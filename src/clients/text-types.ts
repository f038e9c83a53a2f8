import type { CustomTypesConfig } from 'pg';

/** date, timestamp, timestamptz, interval, bytea and their arrays: JavaScript's types lose microseconds or the zone. */
const keptAsText = new Set([17, 1001, 1082, 1114, 1115, 1182, 1184, 1185, 1186, 1187]);

/** The parsers of a connection, but for those. */
export function textTypes(types: CustomTypesConfig): CustomTypesConfig {
  const getTypeParser = (oid: number, format?: 'text' | 'binary') =>
    keptAsText.has(oid) ? (text: string) => text : types.getTypeParser(oid, format as 'text');
  return { getTypeParser: getTypeParser as CustomTypesConfig['getTypeParser'] };
}
