/** What a client may make up is no label as it is: the first so many names keep their own, all others share one. */
export const boundedLabel = (most: number): ((name: string) => string) => {
  const known = new Set<string>();
  return (name) => {
    if (known.size < most) known.add(name);
    return known.has(name) ? name : 'other';
  };
};
