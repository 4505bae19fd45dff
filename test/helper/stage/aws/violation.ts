/** What a request may get wrong: see the constraint traits of AWS's models, and EC2's rules beside them. */
export type ViolationKind =
  'required' | 'unknown' | 'type' | 'length' | 'range' | 'pattern' | 'enum' | 'combination' | 'token' | 'tag';

/** One thing that is wrong with a request. */
export interface Violation {
  readonly kind: ViolationKind;
  /** The path of what is wrong, by the names of the model or of the wire: `Filters[0].Name`. */
  readonly member: string;
  readonly message: string;
  /** AWS's own code, where it is not that of the kind. */
  readonly code?: string;
}

/** The code that a service has for each kind; EC2's are https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html. */
const codes: Readonly<Record<string, Partial<Record<ViolationKind | '', string>>>> = {
  ec2: {
    required: 'MissingParameter',
    unknown: 'UnknownParameter',
    combination: 'InvalidParameterCombination',
    token: 'InvalidNextToken',
    '': 'InvalidParameterValue',
  },
  sqs: {
    required: 'MissingParameter',
    token: 'InvalidParameterValue',
    '': 'InvalidParameterValue',
  },
  s3: { unknown: 'InvalidRequest', type: 'MalformedXML', '': 'InvalidArgument' },
  sts: { '': 'ValidationError' },
  iam: { '': 'ValidationError' },
  pricing: { token: 'InvalidNextTokenException', '': 'InvalidParameterException' },
  servicequotas: { token: 'InvalidPaginationTokenException', '': 'IllegalArgumentException' },
  scheduler: { '': 'ValidationException' },
};

/** What the service answers to a violation. */
export function codeOfViolation(service: string, { kind, code }: Violation): string {
  const known = codes[service];
  return code ?? known?.[kind] ?? known?.[''] ?? 'ValidationException';
}
