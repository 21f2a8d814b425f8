// Adding and changing agents: each dialog does one thing, and says what comes of it.

import { useSignal } from "@preact/signals";

import type { Agent } from "../api/types";
import { addAgent, addBranch, branches, changeAgent, givePassword, newPassword, renameBranch, switchTwoStepOff } from "../store/agents";
import { loads } from "../store/loads";
import { show, showProblem } from "../store/toast";
import { Dialog } from "../ui/dialog";
import { FormDialog } from "../ui/form";
import { Icon, IconButton, Segments } from "../ui/parts";
import { Secret } from "../ui/secret";
import { t } from "../words/words";
import { SessionList } from "./sessions";

const MOST_NAME = 100;
const MOST_CAPACITY = 1000;
const CAPACITY = 15;

/** Told a password only once: it is kept nowhere. */
type Tell = (name: string, password: string) => void;

export function Edit({ agent, tell, close }: { agent: Agent | null; tell: Tell; close: () => void }) {
  const name = useSignal(agent?.name ?? "");
  const role = useSignal<Agent["role"]>(agent?.role ?? "agent");
  const capacity = useSignal(agent?.capacity ?? CAPACITY);
  const branch = useSignal(agent?.branch_id ?? 0);
  const submit = async () => {
    const said = { name: name.peek().trim(), role: role.peek(), capacity: capacity.peek(), branch_id: branch.peek() || null };
    if (agent) {
      await changeAgent(agent.id, said);
      show(t("team.saved"));
      return;
    }
    const password = newPassword();
    await addAgent({ ...said, password });
    // Once this dialog has closed.
    setTimeout(() => { tell(said.name, password); });
  };
  return (
    <FormDialog title={agent ? t("team.editTitle") : t("team.add")} go={agent ? t("do.save") : t("team.addGo")} cls="sm" close={close} submit={submit}>
      <label class="fld">
        <span>{t("team.nameShown")}</span>
        <input class="inp" dir="auto" required maxLength={MOST_NAME} autocomplete="off" value={name.value} onInput={(event) => { name.value = event.currentTarget.value; }} />
      </label>
      <div class="two">
        <label class="fld">
          <span>{t("team.branch")}</span>
          <select class="sel" value={branch.value} onChange={(event) => { branch.value = Number(event.currentTarget.value); }}>
            <option value={0}>{t("team.noBranch")}</option>
            {branches.value.map((one) => <option key={one.id} value={one.id}>{one.name}</option>)}
          </select>
        </label>
        <label class="fld">
          <span>{t("team.capacity")}</span>
          <input class="inp" type="number" required min={1} max={MOST_CAPACITY} value={capacity.value} onInput={(event) => { capacity.value = event.currentTarget.valueAsNumber || 0; }} />
        </label>
      </div>
      <div class="fld">
        <span>{t("team.role")}</span>
        <Segments name={t("team.role")} value={role.value} choices={[["agent", t("role.agent")], ["admin", t("role.admin")]]} change={(value) => { role.value = value; }} />
      </div>
      <p class="hint">{t(role.value === "admin" ? "team.adminHint" : "team.agentHint")}</p>
    </FormDialog>
  );
}

export function NewPassword({ agent, tell, close }: { agent: Agent; tell: Tell; close: () => void }) {
  const submit = async () => {
    const password = newPassword();
    await givePassword(agent.id, password);
    setTimeout(() => { tell(agent.name, password); });
  };
  return (
    <FormDialog title={t("team.passwordOf", { name: agent.name })} go={t("team.passwordGo")} cls="sm" close={close} submit={submit}>
      <p>{t("team.passwordHint")}</p>
    </FormDialog>
  );
}

export function ShownPassword({ name, password, close }: { name: string; password: string; close: () => void }) {
  return (
    <Dialog
      title={t("team.passwordOf", { name })}
      cls="sm"
      close={close}
      footer={<button type="button" class="btn pri" onClick={close}>{t("team.passwordDone")}</button>}
    >
      <Secret text={password} />
      <p class="bn amb"><Icon name="key" /><span>{t("team.passwordOnce")}</span></p>
    </Dialog>
  );
}

export function SessionsOf({ agent, close }: { agent: Agent; close: () => void }) {
  return (
    <Dialog title={t("team.sessionsOf", { name: agent.name })} close={close}>
      <SessionList path={`/api/agents/${String(agent.id)}/sessions`} />
    </Dialog>
  );
}

export function TwoStepOff({ agent, close }: { agent: Agent; close: () => void }) {
  const submit = async () => {
    await switchTwoStepOff(agent.id);
    show(t("team.twoStepDone", { name: agent.name }));
  };
  return (
    <FormDialog title={t("team.twoStepOf", { name: agent.name })} go={t("twoStep.stop")} danger cls="sm" close={close} submit={submit}>
      <p>{t("team.twoStepHint")}</p>
    </FormDialog>
  );
}

export function Disable({ agent, close }: { agent: Agent; close: () => void }) {
  const submit = async () => {
    await changeAgent(agent.id, { disabled: true });
    show(t("team.disabled", { name: agent.name }), () => void changeAgent(agent.id, { disabled: false }).catch(showProblem));
  };
  return (
    <FormDialog title={t("team.disableTitle", { name: agent.name })} go={t("team.disable")} danger cls="sm" close={close} submit={submit}>
      <p>{t("team.disableHint", { n: loads.value.get(agent.id) ?? 0 })}</p>
    </FormDialog>
  );
}

export function Branches({ close }: { close: () => void }) {
  const added = useSignal("");
  const renamed = useSignal<{ id: number; name: string } | null>(null);
  const rename = async () => {
    const one = renamed.peek();
    renamed.value = null;
    if (one?.name.trim()) await renameBranch(one.id, one.name).catch(showProblem);
  };
  return (
    <FormDialog title={t("team.branches")} go={t("do.add")} cls="sm" close={close} submit={() => addBranch(added.peek())}>
      <ul class="brs">
        {branches.value.map((one) => (
          <li key={one.id}>
            {renamed.value?.id === one.id ? (
              <input
                class="inp"
                dir="auto"
                aria-label={t("team.rename", { name: one.name })}
                maxLength={MOST_NAME}
                ref={(field) => { field?.focus(); }}
                value={renamed.value.name}
                onInput={(event) => { renamed.value = { id: one.id, name: event.currentTarget.value }; }}
                onBlur={() => void rename()}
                onKeyDown={(event) => {
                  if (event.key !== "Enter") return;
                  event.preventDefault();
                  void rename();
                }}
              />
            ) : (
              <>
                <span dir="auto">{one.name}</span>
                <IconButton icon="edit" small name={t("team.rename", { name: one.name })} onClick={() => { renamed.value = { id: one.id, name: one.name }; }} />
              </>
            )}
          </li>
        ))}
      </ul>
      <label class="fld">
        <span>{t("team.newBranch")}</span>
        <input class="inp" dir="auto" required maxLength={MOST_NAME} placeholder={t("team.branchExample")} value={added.value} onInput={(event) => { added.value = event.currentTarget.value; }} />
      </label>
    </FormDialog>
  );
}
