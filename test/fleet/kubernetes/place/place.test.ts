import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseClaim } from '../../../../src/fleet/kubernetes/detached/claim.ts';
import { clusterPlaceOf, relocate } from '../../../../src/fleet/kubernetes/place/place.ts';

test('a place is read back from its words, whatever the name of the context', () => {
  const label = fc.stringMatching(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), label, (context, namespace) => {
      expect(clusterPlaceOf(`${context}/${namespace}`)).toEqual({ context, namespace });
    }),
  );
  expect(clusterPlaceOf('cluster')).toEqual({ context: 'cluster' });
});

test('a run is reached by another context, but stays in its namespace', () => {
  const settings = { image: 'python', context: 'old' };
  const handle = { context: 'old', namespace: 'team', count: 3 };
  expect(relocate({ settings, handle }, { context: 'new' })).toEqual({
    settings: { image: 'python', context: 'new' },
    handle: { context: 'new', namespace: 'team', count: 3 },
  });
  expect(() => relocate({ settings, handle }, { namespace: 'other' })).toThrow(/in the namespace team/);
  expect(relocate({ settings, handle: undefined }, { namespace: 'other' }).settings).toMatchObject({
    namespace: 'other',
  });
});

test('what is no claim is none', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      expect(parseClaim(text)?.id ?? '').toEqual(expect.any(String));
    }),
  );
  for (const text of [undefined, '', '{}', '{"id":1}', '{"id":"a","by":"b","renewed":-1}'])
    expect(parseClaim(text)).toBeUndefined();
  expect(parseClaim('{"id":"a","by":"b","renewed":2}')).toEqual({ id: 'a', by: 'b', renewed: 2 });
});
