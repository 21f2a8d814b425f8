// The API's shapes, as its own document has them.

import type { components, paths } from "./schema";

type Schemas = components["schemas"];

export type Ticket = Schemas["Ticket"];
export type Customer = Schemas["CustomerDetails"];
export type CustomerSummary = Schemas["CustomerSummary"];
export type CustomerProvider = Schemas["CustomerProvider"];
export type Message = Schemas["Message"];
export type Media = NonNullable<Message["media"]>;
export type NewMessage = Schemas["NewMessage"];
export type Agent = Schemas["Agent"];
export type TeamMember = Schemas["TeamMember"];
export type AgentChange = Schemas["AgentChange"];
export type NewAgent = Schemas["NewAgent"];
export type Branch = Schemas["Branch"];
export type Session = Schemas["Session"];
export type TwoStep = Schemas["TwoStep"];
export type TwoStepSecret = Schemas["TwoStepSecret"];
export type Colleague = Schemas["Colleague"];
export type Report = Schemas["Report"];
export type Figures = Schemas["Figures"];
export type DayFigures = Schemas["DayFigures"];
export type AgentFigures = Schemas["AgentFigures"];
export type LedgerBalance = Schemas["LedgerBalance"];
export type Board = Schemas["Board"];
export type Found = Schemas["Found"];
export type History = Schemas["History"];
export type Note = Schemas["Note"];
export type TicketChange = Schemas["TicketChange"];
export type Delay = Schemas["Delay"];
export type AuditEntry = Schemas["AuditEntry"];
export type AuditPage = Schemas["AuditPage"];
export type TicketLine = Schemas["TicketLine"];
export type ReadyReply = Schemas["ReadyReply"];
export type Me = Schemas["Me"];
export type Presence = Schemas["Presence"];
export type PlannedSwitch = Schemas["PlannedSwitch"];
export type SwitchWatch = Schemas["SwitchWatch"];
export type PairingCode = Schemas["PairingCode"];
export type Provider = Schemas["Provider"];
export type ProviderStatus = Schemas["ProviderStatus"];
export type Template = Schemas["Template"];
export type FilledTemplate = NonNullable<NewMessage["template"]>;
export type FilledButton = NonNullable<FilledTemplate["buttons"]>[number];
export type Route = Schemas["Route"];
export type StartedConversation = Schemas["StartedConversation"];
export type UploadedMedia = Schemas["UploadedMedia"];
export type BusinessSettings = Schemas["Settings"];
export type Opening = Schemas["Opening"];
export type Problem = Schemas["Problem"];
export type TicketPage = Schemas["TicketPage"];
export type MessagePage = Schemas["MessagePage"];
export type Path = keyof paths;

/** Who has a conversation open, told live only. */
export interface Reader {
  /** The ticket's. */
  id: number;
  agent: NonNullable<Ticket["agent"]>;
  doing: Schemas["Doing"];
  at: string;
}

/** What the live connection tells. */
export type Frame =
  | { type: "hello" | "reload"; cursor: string }
  | { type: "ticket.changed"; cursor: string; id: number; version: number; entity: Ticket }
  | { type: "message.changed"; cursor: string; id: number; version: number; entity: Message }
  | { type: "note.added"; cursor: string; id: number; version: number; entity: Note }
  | { type: "reader.changed"; cursor: string; id: number; version: number; entity: Reader }
  | { type: "agent.changed"; cursor: string; id: number; version: number; entity: Agent }
  | { type: "provider.changed"; cursor: string; id: number; version: number; entity: ProviderStatus };
