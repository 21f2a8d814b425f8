"""Two-step sign-in: switching it on and off."""

from http import HTTPStatus
from typing import Annotated

import segno
from litestar import delete, get, post
from litestar.params import Body

from khalifa.application.manage_two_step import ManageTwoStep, ResetTwoStep
from khalifa.application.sign_in import WrongPassword
from khalifa.domain.agents import Agent, AgentId
from khalifa.domain.errors import NotAllowed, NotFound
from khalifa.domain.sessions import SignInLocked
from khalifa.domain.two_step import TwoStepOff, TwoStepOn, WrongCode
from khalifa.entrypoints.http import schemas, two_step_schemas
from khalifa.entrypoints.http.auth import TAGS, address_of
from khalifa.entrypoints.http.guards import SignedInRequest, admins_only
from khalifa.entrypoints.http.injection import Injected
from khalifa.entrypoints.http.responses import SIGNED_IN, SIGNED_IN_TO_CHANGE, refusals
from khalifa.entrypoints.http.team import AgentNumber


@get(
    "/api/me/two-step",
    tags=TAGS,
    summary="Is one's two-step sign-in on",
    responses=refusals(*SIGNED_IN),
)
async def read(
    me: Injected[Agent], manage_two_step: Injected[ManageTwoStep]
) -> two_step_schemas.TwoStep:
    return schemas.shown(two_step_schemas.TwoStep, await manage_two_step.read(me.id))


@post(
    "/api/me/two-step",
    status_code=HTTPStatus.OK,
    tags=TAGS,
    summary="Begin to switch on two-step sign-in",
    description="Makes a secret (RFC 6238: SHA-1, six digits, thirty seconds). Nothing changes "
    "until a first code has shown that the app knows it.",
    responses=refusals(*SIGNED_IN_TO_CHANGE, WrongPassword, SignInLocked, TwoStepOn, checked=True),
)
async def begin(
    data: Annotated[two_step_schemas.NewTwoStep, Body()],
    request: SignedInRequest,
    me: Injected[Agent],
    manage_two_step: Injected[ManageTwoStep],
) -> two_step_schemas.TwoStepSecret:
    new = await manage_two_step.begin(me, data.password, address=address_of(request))
    drawn = segno.make(new.address, error="m", micro=False)
    return two_step_schemas.TwoStepSecret(
        secret=new.secret,
        address=new.address,
        qr=["".join("01"[bit] for bit in line) for line in drawn.matrix],
    )


@post(
    "/api/me/two-step/on",
    status_code=HTTPStatus.OK,
    tags=TAGS,
    summary="Switch on two-step sign-in",
    description="With a first code. From then on signing in asks for one. Programs' tokens stay "
    "good.",
    responses=refusals(
        *SIGNED_IN_TO_CHANGE, WrongCode, SignInLocked, TwoStepOn, TwoStepOff, checked=True
    ),
)
async def switch_on(
    data: Annotated[two_step_schemas.FirstCode, Body()],
    me: Injected[Agent],
    manage_two_step: Injected[ManageTwoStep],
) -> two_step_schemas.RecoveryCodes:
    codes = await manage_two_step.switch_on(me, data.code)
    return two_step_schemas.RecoveryCodes(recovery_codes=codes)


@post(
    "/api/me/two-step/off",
    status_code=HTTPStatus.NO_CONTENT,
    tags=TAGS,
    summary="Switch off two-step sign-in",
    description="The secret and the recovery codes are forgotten.",
    responses=refusals(
        *SIGNED_IN_TO_CHANGE, WrongPassword, WrongCode, SignInLocked, TwoStepOff, checked=True
    ),
)
async def switch_off(
    data: Annotated[two_step_schemas.PasswordAndCode, Body()],
    request: SignedInRequest,
    me: Injected[Agent],
    manage_two_step: Injected[ManageTwoStep],
) -> None:
    await manage_two_step.switch_off(me, data.password, data.code, address=address_of(request))


@delete(
    "/api/agents/{agent_id:int}/two-step",
    guards=[admins_only],
    status_code=HTTPStatus.NO_CONTENT,
    tags=TAGS,
    summary="Switch off an agent's two-step sign-in",
    description="For administrators: the telephone is lost. Who is signed in as the agent is "
    "signed out, tokens too. One's own is switched off with a code.",
    responses=refusals(*SIGNED_IN_TO_CHANGE, NotAllowed, NotFound, TwoStepOff),
)
async def reset(
    agent_id: AgentNumber, me: Injected[Agent], reset_two_step: Injected[ResetTwoStep]
) -> None:
    await reset_two_step(AgentId(agent_id), by=me)


HANDLERS = (read, begin, switch_on, switch_off, reset)
