// Messages and stacks of failures travel as a payload, so that the codec encrypts them too. Temporal's worker takes the
// path of a CommonJS module, which its workflow bundle holds as well.
const { DefaultFailureConverter } = require('@temporalio/common');

exports.failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
