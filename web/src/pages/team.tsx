// The team, as the supervisor sees it: who is here, and how much each may hold.

import "../styles/pages.css";

import { useEffect } from "preact/hooks";

import { DOTS, PRESENCES } from "../inbox/dialogs";
import { agents, readAgents } from "../store/agents";
import { showProblem } from "../store/toast";
import { loads } from "../store/loads";
import { Avatar } from "../ui/parts";
import { number, t } from "../words/words";

export default function Team() {
  useEffect(() => { readAgents().catch(showProblem); }, []);
  const team = [...agents.value.values()];
  const load = loads.value;
  return (
    <main class="view page" id="main">
      <header class="ph0">
        <div>
          <h1>{t("nav.team")}</h1>
          <p>{t("team.count", { n: team.filter((one) => !one.disabled).length })}</p>
        </div>
      </header>
      <section class="card tablec" tabIndex={0} aria-label={t("nav.team")}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t("team.name")}</th>
              <th scope="col">{t("team.role")}</th>
              <th scope="col">{t("team.state")}</th>
              <th scope="col" class="n">{t("team.load")}</th>
            </tr>
          </thead>
          <tbody>
            {team.map((one) => {
              const held = load.get(one.id) ?? 0;
              return (
                <tr key={one.id}>
                  <td>
                    <span class="pc">
                      <Avatar id={one.id} name={one.name} size="s36">
                        <i class={`dot ${one.disabled ? "off" : (DOTS[one.presence] ?? "off")}`} />
                      </Avatar>
                      <b dir="auto">{one.name}</b>
                    </span>
                  </td>
                  <td>{one.role === "admin" ? t("role.admin") : t("role.agent")}</td>
                  <td>{one.disabled ? t("presence.disabled") : t(PRESENCES[one.presence] ?? "presence.offline")}</td>
                  <td class="n lcell">
                    <span class={held >= one.capacity ? "load full" : "load"}>
                      <i style={{ inlineSize: `${String(Math.min(100, (held / Math.max(1, one.capacity)) * 100))}%` }} />
                    </span>
                    <bdi dir="ltr">{`${number(held)}/${number(one.capacity)}`}</bdi>
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </section>
    </main>
  );
}
