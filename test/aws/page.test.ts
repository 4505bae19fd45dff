import { readdirSync, readFileSync } from 'node:fs';
import * as ec2 from '@aws-sdk/client-ec2';
import * as pricing from '@aws-sdk/client-pricing';
import * as quotas from '@aws-sdk/client-service-quotas';
import * as s3 from '@aws-sdk/client-s3';
import * as sqs from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { allItems } from '../../src/aws/page.ts';

test('all items of all pages, the empty ones among them', async () => {
  async function* pages() {
    yield { Items: [] };
    yield {};
    yield { Items: [1, 2] };
    yield { Items: [3] };
  }
  expect(await allItems(pages(), ({ Items }: { Items?: number[] }) => Items)).toEqual([1, 2, 3]);
});

test('no list of AWS is read without its paginator', () => {
  const paged = [ec2, pricing, quotas, s3, sqs].flatMap((client) =>
    Object.keys(client).flatMap((name) => /^paginate([A-Z]\w+)$/.exec(name)?.[1] ?? []),
  );
  expect(paged).toEqual(expect.arrayContaining(['DescribeInstanceTypes', 'ListQueues', 'GetProducts']));
  const method = (name: string): string => `${name[0]?.toLowerCase()}${name.slice(1)}`;
  const direct = new RegExp(
    `\\.(${paged.map(method).join('|')})\\(\\s*\\{|\\b(${paged.join('|')})Command\\(`,
  );
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  expect(files.length).toBeGreaterThan(100);
  const found = files.filter((file) => direct.test(readFileSync(`src/${file}`, 'utf8')));
  expect(found).toEqual([]);
});
