import { z } from 'zod';

/**
 * The same schema, with a field that no object in it names refused instead of left out. The schemas of v1 are tolerant, because
 * they also say what is read; what is written goes through this, made once for each type of event.
 */
export function strictly<T extends z.ZodType>(schema: T): T {
  return strict(schema) as T;
}

function strict(schema: z.core.$ZodType): z.core.$ZodType {
  const def = schema._zod.def as Parts;
  switch (def.type) {
    case 'object': {
      const shape = Object.fromEntries(Object.entries(def.shape ?? {}).map(([key, value]) => [key, strict(value)]));
      return z.core.clone(schema, { ...def, shape, catchall: z.never() } as never);
    }
    case 'array':
      return def.element ? z.core.clone(schema, { ...def, element: strict(def.element) } as never) : schema;
    case 'record':
      return def.valueType ? z.core.clone(schema, { ...def, valueType: strict(def.valueType) } as never) : schema;
    case 'union':
      return z.core.clone(schema, { ...def, options: (def.options ?? []).map(strict) } as never);
    case 'nullable':
    case 'optional':
      return def.innerType ? z.core.clone(schema, { ...def, innerType: strict(def.innerType) } as never) : schema;
    default:
      return schema;
  }
}

/** The parts of zod's definitions that have schemas of their own, as far as the contracts use them. */
interface Parts extends z.core.$ZodTypeDef {
  shape?: Readonly<Record<string, z.core.$ZodType>>;
  element?: z.core.$ZodType;
  valueType?: z.core.$ZodType;
  innerType?: z.core.$ZodType;
  options?: readonly z.core.$ZodType[];
}
