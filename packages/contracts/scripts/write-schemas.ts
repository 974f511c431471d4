// node packages/contracts/scripts/write-schemas.ts: writes the contracts as JSON Schema into schema/v1.
import { writeAll } from './generated.ts';
import { jsonSchemas, schemaDirectory } from './json-schemas.ts';

writeAll(jsonSchemas(), schemaDirectory);
