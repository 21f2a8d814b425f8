// The API's shapes, as its own document has them.

import type { components, paths } from "./schema";

type Schemas = components["schemas"];

export type Ticket = Schemas["Ticket"];
export type Customer = Schemas["CustomerDetails"];
export type CustomerProvider = Schemas["CustomerProvider"];
export type Message = Schemas["Message"];
export type Media = NonNullable<Message["media"]>;
export type NewMessage = Schemas["NewMessage"];
export type Agent = Schemas["Agent"];
export type AgentChange = Schemas["AgentChange"];
export type NewAgent = Schemas["NewAgent"];
export type Branch = Schemas["Branch"];
export type Session = Schemas["Session"];
export type Colleague = Schemas["Colleague"];
export type Found = Schemas["Found"];
export type History = Schemas["History"];
export type Note = Schemas["Note"];
export type TicketLine = Schemas["TicketLine"];
export type ReadyReply = Schemas["ReadyReply"];
export type Me = Schemas["Me"];
export type Presence = Schemas["Presence"];
export type Provider = Schemas["Provider"];
export type ProviderStatus = Schemas["ProviderStatus"];
export type Template = Schemas["Template"];
export type FilledTemplate = NonNullable<NewMessage["template"]>;
export type Route = Schemas["Route"];
export type StartedConversation = Schemas["StartedConversation"];
export type UploadedMedia = Schemas["UploadedMedia"];
export type BusinessSettings = Schemas["Settings"];
export type Opening = Schemas["Opening"];
export type Problem = Schemas["Problem"];
export type TicketPage = Schemas["TicketPage"];
export type MessagePage = Schemas["MessagePage"];
export type Path = keyof paths;

/** What the live connection tells. */
export type Frame =
  | { type: "hello" | "reload"; cursor: string }
  | { type: "ticket.changed"; cursor: string; id: number; version: number; entity: Ticket }
  | { type: "message.changed"; cursor: string; id: number; version: number; entity: Message }
  | { type: "note.added"; cursor: string; id: number; version: number; entity: Note }
  | { type: "agent.changed"; cursor: string; id: number; version: number; entity: Agent }
  | { type: "provider.changed"; cursor: string; id: number; version: number; entity: ProviderStatus };
