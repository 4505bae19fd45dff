import { type Answer, awsError, xml } from '../aws/answer.ts';
import { type Call, list } from '../aws/call.ts';
import { element, type XmlNode } from '../aws/xml.ts';
import { type Ec2, type Forward, notFound } from './ec2.ts';
import { type StageInstance, type State, stateCodes } from './instance.ts';

/**
 * TerminateInstances: one unknown id and none terminate; a protected one keeps the others of its zone alive.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TerminateInstances.html
 */
export async function terminateInstances(ec2: Ec2, call: Call, forward: Forward): Promise<Answer> {
  const ids = [...new Set(list(call, 'InstanceId'))];
  if (ids.length > 1000) return awsError('ec2', 'InvalidParameterValue', 'more than 1000 instances');
  const known = new Map(ec2.visible(call.region).map((instance) => [instance.id, instance]));
  const unknown = ids.filter((id) => !known.has(id));
  if (unknown.length > 0 || ids.length === 0) return notFound(unknown);
  const instances = ids.flatMap((id) => known.get(id) ?? []);
  const blocked = new Set(instances.filter(({ protected: on }) => on).map(({ zone }) => zone));
  const victims = instances.filter(({ zone }) => !blocked.has(zone));
  const items = victims.map((instance) => {
    const before = instance.state;
    ec2.end(instance, {
      code: 'Client.UserInitiatedShutdown',
      message: 'Client.UserInitiatedShutdown: User initiated shutdown',
    });
    return change(instance, before);
  });
  const indexed = victims.map(({ id }, index) => [`InstanceId.${index + 1}`, id] as const);
  if (indexed.length > 0) {
    await forward({ Action: 'TerminateInstances', Version: '2016-11-15', ...Object.fromEntries(indexed) });
  }
  if (blocked.size > 0) {
    const id = instances.find(({ protected: on }) => on)?.id;
    const message = `The instance '${id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`;
    return awsError('ec2', 'OperationNotPermitted', message);
  }
  const attributes = ' xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"';
  return xml({ ...element('TerminateInstancesResponse', [element('instancesSet', items)]), attributes });
}

function change(instance: StageInstance, before: State): XmlNode {
  const state = (name: string, value: State): XmlNode =>
    element(name, [element('code', stateCodes[value]), element('name', value)]);
  return element('item', [
    element('instanceId', instance.id),
    state('currentState', instance.state),
    state('previousState', before),
  ]);
}
