// Numbers of the broker's own, for what it opened by itself.

/** What is known of them: the number here for the broker's own. */
export interface Known {
  readonly brokerNumbers: Map<number, number>;
}

/** The number here for one that the broker says, which may be its own. */
export function numberHere({ brokerNumbers }: Known, sub: number): number {
  return brokerNumbers.get(sub) ?? sub;
}

/** The broker's own number for one, which is forgotten: from here on the broker says it in vain. */
export function takeBrokerNumber({ brokerNumbers }: Known, sub: number): number | undefined {
  for (const [theirs, ours] of brokerNumbers) {
    if (ours === sub && brokerNumbers.delete(theirs)) return theirs;
  }
  return undefined;
}
