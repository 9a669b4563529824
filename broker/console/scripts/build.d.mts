export function bundle(): Promise<Map<string, string>>;
