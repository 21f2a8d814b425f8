// What providers are called.

const NAMES: Record<string, string> = { wppconnect: "WPPConnect", cloud_api: "Cloud API", sandbox: "Sandbox" };

export const providerName = (name: string): string => NAMES[name] ?? name;
