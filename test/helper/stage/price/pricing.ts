import { type Answer, awsError, json } from '../aws/answer.ts';
import type { Call } from '../aws/call.ts';
import { onDemandPrice, pricedTypes } from './price.ts';

/** Where the Pricing API can be asked. */
const homes = new Set(['us-east-1', 'eu-central-1', 'ap-south-1']);

const locations: Record<string, string> = {
  'us-east-1': 'US East (N. Virginia)',
  'us-west-2': 'US West (Oregon)',
  'eu-west-1': 'EU (Ireland)',
  'eu-central-1': 'EU (Frankfurt)',
};

/** GetProducts for EC2, with the field that its answers have: a list of JSON documents as strings. */
export function pricing(call: Call): Answer {
  if (!homes.has(call.region)) return awsError('pricing', 'Denied', `no Pricing API in ${call.region}`);
  if (call.action !== 'GetProducts') return awsError('pricing', 'InvalidParameterException', call.action);
  const filters = (call.parameters['Filters'] ?? []) as { Field: string; Value: string }[];
  const products = Object.keys(locations).flatMap((region) =>
    pricedTypes.flatMap((type) =>
      ['Linux', 'RHEL', 'Windows'].map((system) => product(region, type, system)),
    ),
  );
  const found = products.filter(({ product: { attributes } }) =>
    filters.every(
      ({ Field, Value }) =>
        (attributes as Record<string, string>)[Field]?.toLowerCase() === Value.toLowerCase(),
    ),
  );
  return json({ FormatVersion: 'aws_v1', PriceList: found.map((one) => JSON.stringify(one)) });
}

function product(region: string, type: string, operatingSystem: string) {
  const sku = `${region}.${type}.${operatingSystem}`.toUpperCase();
  const surcharge = operatingSystem === 'Linux' ? 0 : 0.05;
  const usd = ((onDemandPrice(type, region) ?? 0) + surcharge).toFixed(10);
  const term = `${sku}.JRTCKXETXF`;
  const dimension = `${term}.6YS6EN2CT7`;
  return {
    product: {
      productFamily: 'Compute Instance',
      sku,
      attributes: {
        servicecode: 'AmazonEC2',
        servicename: 'Amazon Elastic Compute Cloud',
        regionCode: region,
        location: locations[region] ?? region,
        locationType: 'AWS Region',
        instanceType: type,
        operatingSystem,
        preInstalledSw: 'NA',
        licenseModel: 'No License required',
        tenancy: 'Shared',
        capacitystatus: 'Used',
        operation: operatingSystem === 'Linux' ? 'RunInstances' : 'RunInstances:0010',
        marketoption: 'OnDemand',
      },
    },
    serviceCode: 'AmazonEC2',
    terms: {
      OnDemand: {
        [term]: {
          sku,
          offerTermCode: 'JRTCKXETXF',
          effectiveDate: '2026-11-01T00:00:00Z',
          termAttributes: {},
          priceDimensions: {
            [dimension]: {
              unit: 'Hrs',
              beginRange: '0',
              endRange: 'Inf',
              rateCode: dimension,
              description: `$${usd} per On Demand ${operatingSystem} ${type} Instance Hour`,
              pricePerUnit: { USD: usd },
              appliesTo: [],
            },
          },
        },
      },
    },
    version: '20261101000000',
    publicationDate: '2026-11-01T00:00:00Z',
  };
}
