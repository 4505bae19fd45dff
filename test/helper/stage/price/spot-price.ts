import { type Answer, xml } from '../aws/answer.ts';
import { type Call, list } from '../aws/call.ts';
import { element } from '../aws/xml.ts';
import { onDemandPrice, pricedTypes } from './price.ts';

/** DescribeSpotPriceHistory with prices that could be true: moto's are all 0.00001 in 2006. Zone b is dearest. */
export function spotPrices(call: Call): Answer {
  const types = list(call, 'InstanceType');
  const items = (types.length > 0 ? types : pricedTypes).flatMap((type) =>
    (
      [
        ['a', 0.4],
        ['b', 0.5],
        ['c', 0.42],
      ] as const
    ).flatMap(([letter, share]) => {
      const price = onDemandPrice(type, call.region);
      if (price === undefined) return [];
      return element('item', [
        element('instanceType', type),
        element('productDescription', 'Linux/UNIX'),
        element('spotPrice', (price * share).toFixed(6)),
        element('timestamp', new Date(Date.now() - 600_000).toISOString()),
        element('availabilityZone', `${call.region}${letter}`),
      ]);
    }),
  );
  return xml(element('DescribeSpotPriceHistoryResponse', [element('spotPriceHistorySet', items)]));
}
