import { type Answer, awsError, xml } from '../aws/answer.ts';
import { type Call, list } from '../aws/call.ts';
import { element, put, type XmlNode } from '../aws/xml.ts';
import { filtersOf, matches } from './filter.ts';
import { type Image, imagesOf } from './image.ts';

/** What the filters of DescribeImages look at; EC2 refuses names it does not know. */
const fields: Record<string, (image: Image) => string> = {
  architecture: ({ architecture }) => architecture,
  'creation-date': ({ created }) => created,
  hypervisor: () => 'xen',
  'image-id': ({ id }) => id,
  'image-type': () => 'machine',
  'is-public': () => 'true',
  name: ({ name }) => name,
  'owner-alias': ({ alias = '' }) => alias,
  'owner-id': ({ owner }) => owner,
  'root-device-type': () => 'ebs',
  state: () => 'available',
  'virtualization-type': () => 'hvm',
};

/** DescribeImages by id, owner and filters. moto knows neither regions nor owners' aliases nor all filters. */
export function describeImages(call: Call): Answer {
  const ids = list(call, 'ImageId');
  const owners = list(call, 'Owner');
  const filters = filtersOf(call);
  const unknown = filters.find(({ name }) => !(name in fields));
  if (unknown) return awsError('ec2', 'InvalidParameterValue', `The filter '${unknown.name}' is invalid`);
  const all = imagesOf(call.region);
  const missing = ids.find((id) => !all.some((image) => image.id === id));
  if (missing !== undefined) return noImage(missing);
  const found = all
    .filter(({ id }) => ids.length === 0 || ids.includes(id))
    .filter(
      ({ owner, alias }) => owners.length === 0 || owners.includes(owner) || owners.includes(alias ?? ''),
    )
    .filter((image) => filters.every((filter) => matches(filter, fields[filter.name]?.(image) ?? '')));
  const set = element('imagesSet', found.map(imageItem));
  return xml({
    ...element('DescribeImagesResponse', [set]),
    attributes: ' xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"',
  });
}

export function noImage(id: string): Answer {
  return awsError('ec2', 'InvalidAMIID.NotFound', `The image id '[${id}]' does not exist`);
}

function disk({ id }: Image, device: string, isDeleted: boolean): XmlNode {
  return element('item', [
    element('deviceName', device),
    element('ebs', [
      element('snapshotId', `snap-${id.slice(4)}`),
      element('volumeSize', '8'),
      element('volumeType', 'gp3'),
      element('deleteOnTermination', String(isDeleted)),
      element('encrypted', 'false'),
    ]),
  ]);
}

function imageItem(image: Image): XmlNode {
  const item = element('item', [
    element('imageId', image.id),
    element('imageLocation', `${image.owner}/${image.name}`),
    element('imageState', 'available'),
    element('imageOwnerId', image.owner),
    element('isPublic', 'true'),
    element('architecture', image.architecture),
    element('imageType', 'machine'),
    element('name', image.name),
    element('creationDate', image.created),
    element('rootDeviceType', 'ebs'),
    element('rootDeviceName', image.rootDevice),
    element('virtualizationType', 'hvm'),
    element('hypervisor', 'xen'),
    element('blockDeviceMapping', [
      disk(image, image.rootDevice, true),
      ...(image.data === undefined ? [] : [disk(image, image.data, false)]),
    ]),
  ]);
  if (image.alias !== undefined) put(item, 'imageOwnerAlias', image.alias);
  return item;
}
