import { element, put, remove, textAt, type XmlNode } from '../aws/xml.ts';
import { type Reason, type StageInstance, type State, stateCodes } from './instance.ts';

/**
 * Makes moto's picture of an instance what EC2 says of it: its state, its reasons, and addresses only while it has them.
 * @param seen Its state as it is known where it is asked for.
 */
export function correctInstance(
  item: XmlNode,
  instance: StageInstance,
  seen: { readonly state: State; readonly reason?: Reason | undefined } = instance,
): void {
  const { publicIp, ipv6, image, type } = instance;
  const { state, reason } = seen;
  put(item, 'instanceState', stateElements(seen));
  put(item, 'imageId', image.id);
  put(item, 'instanceType', type);
  put(item, 'architecture', image.architecture);
  put(item, 'rootDeviceName', image.rootDevice);
  put(item, 'stateReason', [
    element('code', reason?.code ?? (state === 'pending' ? 'pending' : '')),
    element('message', reason?.message ?? (state === 'pending' ? 'pending' : '')),
  ]);
  if (reason === undefined && state !== 'pending') remove(item, 'stateReason');
  if (ipv6 !== undefined && (state === 'pending' || state === 'running')) put(item, 'ipv6Address', ipv6);
  // EC2 may give a public address only some time after the launch, and takes it back at the end.
  if (state !== 'running' || publicIp === undefined) {
    remove(item, 'ipAddress');
    remove(item, 'dnsName');
    if (state !== 'pending' && state !== 'running') remove(item, 'networkInterfaceSet');
    else withoutAssociation(item);
  } else {
    replaceText(item, textAt(item, 'ipAddress'), publicIp);
    put(item, 'ipAddress', publicIp);
  }
}

export function stateElements({ state }: Pick<StageInstance, 'state'>): XmlNode[] {
  return [element('code', stateCodes[state]), element('name', state)];
}

function withoutAssociation(node: XmlNode): void {
  remove(node, 'association');
  for (const child of node.children) withoutAssociation(child);
}

function replaceText(node: XmlNode, old: string, text: string): void {
  if (old !== '' && node.text === old) node.text = text;
  for (const child of node.children) replaceText(child, old, text);
}
