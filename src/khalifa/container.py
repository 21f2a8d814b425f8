"""The composition root: the only module that knows every adapter."""

import asyncio
import random
import secrets
import socket
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import aiohttp
import msgspec
import structlog
from dependency_injector import containers, providers
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy.ext.asyncio import AsyncEngine

from khalifa.application.agent_presence import NoteSeen, SendSilentAgentsOffline, SetPresence
from khalifa.application.alert_administrators import AlertAdministrators
from khalifa.application.allowed_now import AllowedNow
from khalifa.application.announce_events import AnnounceEvents
from khalifa.application.answer_automatically import AnswerAutomatically
from khalifa.application.ask_for_ratings import AskForRatings
from khalifa.application.assign_tickets import AssignTicket, AssignWaitingTickets
from khalifa.application.audit_ledger import AuditLedger
from khalifa.application.automatic_sender import AutomaticSender
from khalifa.application.business_rules import BusinessRules
from khalifa.application.change_messages import MatchChanges
from khalifa.application.change_settings import ChangeSettings
from khalifa.application.check_code import CheckCode
from khalifa.application.classify_ticket import ClassifyTicket
from khalifa.application.close_ticket import CloseTicket
from khalifa.application.deliver_messages import DeliverMessages, LoseTrackOfExpired
from khalifa.application.discard_message import DiscardMessage
from khalifa.application.edit_customer import EditCustomer
from khalifa.application.erase_customer import EraseCustomer
from khalifa.application.events import EventWriter
from khalifa.application.export_customer import ExportCustomer
from khalifa.application.fetch_media import FetchMedia, SweepMedia
from khalifa.application.heed_refusals import HeedRefusals
from khalifa.application.hold_channels import HoldChannels
from khalifa.application.housekeeping import (
    Housekeeping,
    KeepSessions,
    Sweep,
    SweepBodies,
    SweepChanges,
    SweepDeliveries,
    SweepJournal,
    SweepStatuses,
)
from khalifa.application.identity_sweeps import ForgetFormerIdentities, LookUpIdentities
from khalifa.application.keep_pace import KeepPace
from khalifa.application.learn_identities import LearnIdentities
from khalifa.application.list_templates import ListTemplates
from khalifa.application.manage_agents import (
    AddAgent,
    ChangeAgent,
    IssueToken,
    ListAgents,
    ResetPassword,
)
from khalifa.application.manage_branches import ManageBranches
from khalifa.application.manage_two_step import ManageTwoStep, ResetTwoStep
from khalifa.application.mark_read import MarkTicketRead
from khalifa.application.mark_unread import MarkTicketUnread
from khalifa.application.merge_customers import MergeCustomers
from khalifa.application.note_on_ticket import NoteOnTicket
from khalifa.application.pack_replies import PackReplies
from khalifa.application.pair_by_code import PairByCode
from khalifa.application.pin_customer import PinCustomer, ReadCustomerProvider
from khalifa.application.plan_switch import PlanSwitch
from khalifa.application.ports.alerts import AlertChannel
from khalifa.application.ports.channel_holds import ChannelHolds
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.customer_list import CustomerList
from khalifa.application.ports.figures import FiguresReader
from khalifa.application.ports.jobs import JobQueue
from khalifa.application.ports.journal import Journal, JournalCounts
from khalifa.application.ports.ledger import LedgerReader, Seal
from khalifa.application.ports.media import MediaStore
from khalifa.application.ports.messaging import ConnectionStatus, Providers
from khalifa.application.ports.metrics import CALLS, SWEEP_FAILURES, Metrics
from khalifa.application.ports.notifications import EventStream
from khalifa.application.ports.pace import Pace
from khalifa.application.ports.pairing_codes import PairingCodes
from khalifa.application.ports.passwords import PasswordHasher
from khalifa.application.ports.provider_traffic import ProviderTraffic
from khalifa.application.ports.readers import Health, Inbox
from khalifa.application.ports.search import MessageSearch
from khalifa.application.ports.status_cache import StatusCache
from khalifa.application.ports.templates import TemplateCache
from khalifa.application.ports.two_step import OneTimeCodes
from khalifa.application.ports.unit_of_work import Transact
from khalifa.application.ports.uploaded_files import UploadedFiles
from khalifa.application.ports.workload import WorkloadReader
from khalifa.application.provider_status import (
    ReadProviderStatus,
    ReadQrCode,
    RefreshProviderStatus,
)
from khalifa.application.read_audit import ReadAudit
from khalifa.application.read_customers import ReadCustomers
from khalifa.application.read_figures import ReadBoard, ReadFigures
from khalifa.application.read_inbox import ReadInbox
from khalifa.application.read_media import ReadMedia
from khalifa.application.read_metrics import ReadMetrics
from khalifa.application.read_route import ReadRoute
from khalifa.application.ready_replies import ManageReadyReplies, ReadReadyReplies
from khalifa.application.receive_messages import ReceiveMessages
from khalifa.application.record_statuses import MatchStatuses
from khalifa.application.recover_messages import PassReport, RecoverMissed
from khalifa.application.release_provider import ReleaseProvider
from khalifa.application.release_tickets import ReleaseTickets
from khalifa.application.reopen_ticket import ReopenTicket
from khalifa.application.replay_bodies import ReadAccount, ReplayBodies
from khalifa.application.reply_to_ticket import ReplyToTicket
from khalifa.application.resolve_numbers import ResolveNumbers
from khalifa.application.resolve_unknown import ResolveUnknown
from khalifa.application.retention import SweepMessages, SweepOldMedia
from khalifa.application.retire_provider import RetireProvider
from khalifa.application.route_replies import RouteReplies
from khalifa.application.seal_ledger import SealLedger
from khalifa.application.search_messages import FoldMessages, SearchMessages
from khalifa.application.sign_in import (
    ChangeOwnPassword,
    CheckPassword,
    ForgetAttempts,
    Sessions,
    SignIn,
    SignOut,
    WhoIs,
)
from khalifa.application.start_conversation import StartConversation
from khalifa.application.switch_provider import ActiveProvider, SwitchProvider
from khalifa.application.take_in_file import TakeInFile
from khalifa.application.take_in_webhook import TakeInWebhook
from khalifa.application.tell_colleagues import TellColleagues
from khalifa.application.tell_customer import TellCustomer
from khalifa.application.transfer_ticket import TakeTicket, TransferTicket
from khalifa.application.unmerge_customers import UnmergeCustomers
from khalifa.application.upload_media import UploadMedia
from khalifa.application.watch_delays import ReadDelays, WatchDelays
from khalifa.application.watch_providers import WatchProviders
from khalifa.application.windows import Windows
from khalifa.domain.contacts import ProviderName
from khalifa.infrastructure import backup, provider_http
from khalifa.infrastructure.alerts import EmailAlerts, Folders, WebhookAlerts
from khalifa.infrastructure.configured_providers import ConfiguredProviders
from khalifa.infrastructure.database import schema
from khalifa.infrastructure.database.customer_list import SqlCustomerList
from khalifa.infrastructure.database.dump import size_of
from khalifa.infrastructure.database.engine import open_engine
from khalifa.infrastructure.database.figures import SqlFigures
from khalifa.infrastructure.database.inbox import SqlInbox
from khalifa.infrastructure.database.ledger_reader import SqlLedgerReader
from khalifa.infrastructure.database.message_search import SqlMessageSearch
from khalifa.infrastructure.database.provider_traffic import SqlProviderTraffic
from khalifa.infrastructure.database.seeding import seed
from khalifa.infrastructure.database.unit_of_work import SqlTransact
from khalifa.infrastructure.database.workload import SqlWorkload
from khalifa.infrastructure.file_types import MagicFileTypes
from khalifa.infrastructure.health import DependencyHealth
from khalifa.infrastructure.journal import SqliteJournal, require_writable
from khalifa.infrastructure.journal_survey import JournalFolder, survey
from khalifa.infrastructure.logging import configure_logging
from khalifa.infrastructure.media_files import MediaFolder
from khalifa.infrastructure.memory.channel_holds import MemoryChannelHolds
from khalifa.infrastructure.memory.customer_list import MemoryCustomerList
from khalifa.infrastructure.memory.event_stream import MemoryEventStream
from khalifa.infrastructure.memory.figures import MemoryFigures
from khalifa.infrastructure.memory.health import MemoryHealth
from khalifa.infrastructure.memory.inbox import MemoryInbox
from khalifa.infrastructure.memory.job_queue import MemoryJobQueue
from khalifa.infrastructure.memory.journal import MemoryJournal, MemoryJournals
from khalifa.infrastructure.memory.ledger_reader import MemoryLedgerReader
from khalifa.infrastructure.memory.media import MemoryMediaStore
from khalifa.infrastructure.memory.pace import MemoryPace
from khalifa.infrastructure.memory.pairing_codes import MemoryPairingCodes
from khalifa.infrastructure.memory.provider_traffic import MemoryProviderTraffic
from khalifa.infrastructure.memory.search import MemoryMessageSearch
from khalifa.infrastructure.memory.status_cache import MemoryStatusCache
from khalifa.infrastructure.memory.store import MemoryStore
from khalifa.infrastructure.memory.template_cache import MemoryTemplateCache
from khalifa.infrastructure.memory.unit_of_work import MemoryTransact
from khalifa.infrastructure.memory.uploaded_files import MemoryUploadedFiles
from khalifa.infrastructure.memory.workload import MemoryWorkload
from khalifa.infrastructure.messaging import cloud_api, sandbox, wppconnect
from khalifa.infrastructure.one_time_codes import PyotpOneTimeCodes
from khalifa.infrastructure.operator_name import operator_name
from khalifa.infrastructure.passwords import Argon2PasswordHasher
from khalifa.infrastructure.prometheus import PrometheusMetrics
from khalifa.infrastructure.redis.channel_holds import RedisChannelHolds
from khalifa.infrastructure.redis.connection import open_redis
from khalifa.infrastructure.redis.event_stream import RedisEventStream
from khalifa.infrastructure.redis.job_queue import RqJobQueue
from khalifa.infrastructure.redis.pace import RedisPace
from khalifa.infrastructure.redis.pairing_codes import RedisPairingCodes
from khalifa.infrastructure.redis.status_cache import RedisStatusCache
from khalifa.infrastructure.redis.template_cache import RedisTemplateCache
from khalifa.infrastructure.redis.uploaded_files import RedisUploadedFiles
from khalifa.infrastructure.system_clock import SystemClock
from khalifa.infrastructure.thumbnails import PillowThumbnails
from khalifa.infrastructure.voice_notes import PyavVoiceNotes
from khalifa.infrastructure.waveforms import PyavWaveforms
from khalifa.settings import Settings


def _open_http(cleanup: AsyncExitStack, metrics: Metrics, provider: str) -> aiohttp.ClientSession:
    session = provider_http.open_http(
        lambda answer, seconds: metrics.observe(CALLS, provider, answer, seconds=seconds)
    )
    cleanup.push_async_callback(session.close)
    return session


def _open_engine(url: str, cleanup: AsyncExitStack) -> AsyncEngine:
    engine = open_engine(url)
    cleanup.push_async_callback(engine.dispose)
    return engine


def _open_journal(folder: Path, most_bytes: int, cleanup: AsyncExitStack) -> Journal:
    journal = SqliteJournal(folder, most_bytes=most_bytes)
    cleanup.push_async_callback(journal.close)
    return journal


def _open_redis(url: str, cleanup: AsyncExitStack) -> Redis:
    client = open_redis(url)
    cleanup.push_async_callback(client.aclose)
    return client


def _open_jobs(url: str, cleanup: AsyncExitStack) -> JobQueue:
    jobs = RqJobQueue(url)
    cleanup.push_async_callback(jobs.close)
    return jobs


def _health(engine: AsyncEngine, redis: Redis, journal: Journal) -> Health:
    async def ask_redis() -> str | None:
        try:
            await redis.ping()
        except (RedisError, OSError):
            return "Redis does not answer: webhooks are still taken in, nothing is filed or sent"
        return None

    async def ask_journal() -> str | None:
        await journal.depth()
        return None

    return DependencyHealth(
        {
            "database": lambda: schema.ping(engine),
            "redis": ask_redis,
            "journal": ask_journal,
        }
    )


def _announce_events(
    stream: EventStream, transact: Transact, clock: Clock, cleanup: AsyncExitStack
) -> AnnounceEvents:
    announce = AnnounceEvents(stream=stream, transact=transact, clock=clock)
    cleanup.push_async_callback(announce.close)
    return announce


def _tell_customer(
    transact: Transact,
    configured: Providers,
    route_replies: RouteReplies,
    clock: Clock,
    cleanup: AsyncExitStack,
) -> TellCustomer:
    tell = TellCustomer(
        transact=transact, providers=configured, route_replies=route_replies, clock=clock
    )
    cleanup.push_async_callback(tell.close)
    return tell


def _fetch_media(
    transact: Transact,
    configured: Providers,
    take_in_file: TakeInFile,
    metrics: Metrics,
    cleanup: AsyncExitStack,
) -> FetchMedia:
    fetch = FetchMedia(
        transact=transact, providers=configured, take_in_file=take_in_file, metrics=metrics
    )
    cleanup.push_async_callback(fetch.close)
    return fetch


def _sweep_report(metrics: Metrics) -> Callable[[str, Exception], None]:
    def report(name: str, error: Exception) -> None:
        metrics.count(SWEEP_FAILURES, name)
        structlog.get_logger("khalifa.housekeeping").warning(
            "sweep failed", sweep=name, error=type(error).__name__
        )

    return report


def _report_pass(report: PassReport) -> None:
    log = structlog.get_logger("khalifa.recovery")
    if report.failure or report.unread:
        log.warning("missed messages not all fetched", **asdict(report))
    else:
        log.info("missed messages fetched", **asdict(report))


def _report_status(provider: ProviderName, status: ConnectionStatus) -> None:
    log = structlog.get_logger("khalifa.provider")
    tell = log.info if status.connected else log.warning
    tell(
        "provider status changed",
        provider=provider,
        state=status.state,
        connected=status.connected,
        needs_person=status.needs_person,
        detail=status.detail,
    )


def _report_seal(seal: Seal) -> None:
    structlog.get_logger("khalifa.ledger").info(
        "ledger sealed",
        seal=seal.number,
        until=seal.until.isoformat(),
        bodies=seal.bodies,
        digest=seal.digest,
    )


def _alert_channels(settings: Settings) -> list[AlertChannel]:
    channels: list[AlertChannel] = []
    if settings.alert_webhook_url is not None:
        channels.append(WebhookAlerts(settings.alert_webhook_url))
    if settings.alert_smtp_url is not None and settings.alert_emails:
        recipients = settings.alert_emails
        channels.append(
            EmailAlerts(settings.alert_smtp_url, sender=settings.alert_from, recipients=recipients)
        )
    return channels


def _sweeps(**sweeps: tuple[Callable[[], Awaitable[object]], float]) -> Mapping[str, Sweep]:
    return {
        name: Sweep(run=run, every=timedelta(seconds=seconds))
        for name, (run, seconds) in sweeps.items()
    }


class Container(containers.DeclarativeContainer):
    """
    Every adapter and use case, keyed on configuration; made once per process.

    What must be closed registers with ``cleanup``. Things that belong to an
    event loop are made at first use, which must be inside it.
    """

    settings: providers.Dependency[Settings] = providers.Dependency(instance_of=Settings)
    cleanup: providers.Singleton[AsyncExitStack] = providers.Singleton(AsyncExitStack)
    configure_logging = providers.Callable(
        configure_logging,
        level=settings.provided.log_level,
        log_format=settings.provided.log_format,
    )
    clock: providers.Singleton[Clock] = providers.Singleton(SystemClock)
    passwords: providers.Singleton[PasswordHasher] = providers.Singleton(Argon2PasswordHasher)
    one_time_codes: providers.Singleton[OneTimeCodes] = providers.Singleton(PyotpOneTimeCodes)
    metrics = providers.Singleton(PrometheusMetrics)
    metrics_report = metrics
    # A session for each provider: it counts what that one answers.
    http = providers.Factory(_open_http, cleanup, metrics)

    # Where things are kept.
    memory_store = providers.Singleton(MemoryStore)
    engine = providers.Singleton(_open_engine, settings.provided.database_url, cleanup)
    schema = providers.Object(schema)
    redis = providers.Singleton(_open_redis, settings.provided.redis_url, cleanup)
    journal: providers.Selector[Journal] = providers.Selector(
        settings.provided.storage,
        memory=providers.Singleton(MemoryJournal),
        sql=providers.Singleton(
            _open_journal,
            settings.provided.journal_dir,
            settings.provided.journal_max_bytes,
            cleanup,
        ),
    )
    require_journal = providers.Callable(require_writable, settings.provided.journal_dir)
    survey_journals = providers.Callable(survey, settings.provided.journal_dir)
    journal_counts: providers.Selector[JournalCounts] = providers.Selector(
        settings.provided.storage,
        memory=providers.Singleton(MemoryJournals, journal),
        sql=providers.Singleton(JournalFolder, settings.provided.journal_dir),
    )
    ledger_reader: providers.Selector[LedgerReader] = providers.Selector(
        settings.provided.storage,
        memory=providers.Singleton(MemoryLedgerReader, memory_store, clock),
        sql=providers.Singleton(SqlLedgerReader, engine),
    )
    provider_traffic: providers.Selector[ProviderTraffic] = providers.Selector(
        settings.provided.storage,
        memory=providers.Singleton(MemoryProviderTraffic, memory_store),
        sql=providers.Singleton(SqlProviderTraffic, engine),
    )
    inbox: providers.Selector[Inbox] = providers.Selector(
        settings.provided.storage,
        memory=providers.Singleton(MemoryInbox, memory_store),
        sql=providers.Singleton(SqlInbox, engine),
    )

    workload: providers.Selector[WorkloadReader] = providers.Selector(
        settings.provided.storage,
        memory=providers.Singleton(MemoryWorkload, memory_store),
        sql=providers.Singleton(SqlWorkload, engine),
    )
    figures: providers.Selector[FiguresReader] = providers.Selector(
        settings.provided.storage,
        memory=providers.Singleton(MemoryFigures, memory_store),
        sql=providers.Singleton(SqlFigures, engine),
    )
    message_search: providers.Selector[MessageSearch] = providers.Selector(
        settings.provided.storage,
        memory=providers.Singleton(MemoryMessageSearch, memory_store),
        sql=providers.Singleton(SqlMessageSearch, engine),
    )
    customer_list: providers.Selector[CustomerList] = providers.Selector(
        settings.provided.storage,
        memory=providers.Singleton(MemoryCustomerList, memory_store),
        sql=providers.Singleton(SqlCustomerList, engine),
    )

    # How processes talk to each other.
    event_stream: providers.Selector[EventStream] = providers.Selector(
        settings.provided.transport,
        memory=providers.Singleton(MemoryEventStream),
        redis=providers.Singleton(RedisEventStream, redis),
    )
    jobs: providers.Selector[JobQueue] = providers.Selector(
        settings.provided.transport,
        memory=providers.Singleton(MemoryJobQueue),
        redis=providers.Singleton(_open_jobs, settings.provided.redis_url, cleanup),
    )
    status_cache: providers.Selector[StatusCache] = providers.Selector(
        settings.provided.transport,
        memory=providers.Singleton(MemoryStatusCache),
        redis=providers.Singleton(RedisStatusCache, redis),
    )
    pairing_codes: providers.Selector[PairingCodes] = providers.Selector(
        settings.provided.transport,
        memory=providers.Singleton(MemoryPairingCodes, clock),
        redis=providers.Singleton(RedisPairingCodes, redis),
    )
    template_cache: providers.Selector[TemplateCache] = providers.Selector(
        settings.provided.transport,
        memory=providers.Singleton(MemoryTemplateCache),
        redis=providers.Singleton(RedisTemplateCache, redis),
    )
    uploaded_files: providers.Selector[UploadedFiles] = providers.Selector(
        settings.provided.transport,
        memory=providers.Singleton(MemoryUploadedFiles),
        redis=providers.Singleton(RedisUploadedFiles, redis),
    )
    spare_pace = providers.Singleton(MemoryPace, clock)
    pace: providers.Selector[Pace] = providers.Selector(
        settings.provided.transport,
        memory=spare_pace,
        redis=providers.Singleton(RedisPace, redis, spare_pace),
    )

    channel_holds: providers.Selector[ChannelHolds] = providers.Selector(
        settings.provided.transport,
        memory=providers.Singleton(MemoryChannelHolds, clock),
        redis=providers.Singleton(RedisChannelHolds, redis),
    )
    media_store: providers.Selector[MediaStore] = providers.Selector(
        settings.provided.storage,
        memory=providers.Singleton(MemoryMediaStore),
        sql=providers.Singleton(MediaFolder, settings.provided.media_dir),
    )
    file_types = providers.Singleton(MagicFileTypes)
    thumbnails = providers.Singleton(PillowThumbnails)
    voice_notes = providers.Singleton(PyavVoiceNotes)
    waveforms = providers.Singleton(PyavWaveforms)

    # Units of work. The announcer's own must not announce.
    quiet_transact: providers.Selector[Transact] = providers.Selector(
        settings.provided.storage,
        memory=providers.Singleton(MemoryTransact, memory_store, clock),
        sql=providers.Singleton(SqlTransact, engine),
    )
    announce_events = providers.Singleton(
        _announce_events, event_stream, quiet_transact, clock, cleanup
    )
    transact: providers.Selector[Transact] = providers.Selector(
        settings.provided.storage,
        memory=providers.Singleton(MemoryTransact, memory_store, clock, announce=announce_events),
        sql=providers.Singleton(
            SqlTransact, engine, announce=announce_events, beside=quiet_transact
        ),
    )
    # One line per provider: adding Telegram adds a folder and a line here.
    # A Dict of delegates, not an Aggregate: an Aggregate cannot be overridden.
    messaging = providers.Dict(
        sandbox=providers.Singleton(
            sandbox.build,
            settings.provided.env,
            providers.Factory(http, "sandbox"),
            redis,
            settings.provided.internal_url,
        ).provider,
        wppconnect=providers.Singleton(
            wppconnect.build, settings.provided.env, providers.Factory(http, "wppconnect")
        ).provider,
        cloud_api=providers.Singleton(
            cloud_api.build,
            settings.provided.env,
            providers.Factory(http, "cloud_api"),
            uploaded_files,
        ).provider,
    )
    configured_providers = providers.Singleton(
        ConfiguredProviders,
        messaging,
        required=settings.provided.whatsapp_driver,
    )
    operator = providers.Callable(operator_name)
    active_provider = providers.Singleton(
        ActiveProvider,
        transact=transact,
        clock=clock,
        configured=settings.provided.whatsapp_driver,
        operator=operator,
    )
    windows = providers.Singleton(
        Windows, active_provider=active_provider, configured=configured_providers.provider
    )
    business_rules = providers.Singleton(BusinessRules, transact=quiet_transact, clock=clock)
    change_settings = providers.Singleton(
        ChangeSettings, transact=transact, rules=business_rules, clock=clock
    )
    events = providers.Singleton(
        EventWriter,
        clock=clock,
        encode=providers.Object(msgspec.json.encode),
        windows=windows,
        rules=business_rules,
    )
    learn_identities = providers.Singleton(
        LearnIdentities,
        transact=transact,
        providers=configured_providers,
        events=events,
        clock=clock,
    )
    resolve_numbers = providers.Singleton(
        ResolveNumbers,
        transact=quiet_transact,
        providers=configured_providers,
        active_provider=active_provider,
        learn_identities=learn_identities,
        clock=clock,
        per_minute=settings.provided.lookups_per_minute,
        wait=providers.Object(asyncio.sleep),
    )
    switch_provider = providers.Singleton(
        SwitchProvider,
        transact=transact,
        providers=configured_providers,
        clock=clock,
        configured=settings.provided.whatsapp_driver,
    )
    list_templates = providers.Singleton(
        ListTemplates,
        providers=configured_providers,
        cache=template_cache,
        clock=clock,
    )

    plan_switch = providers.Singleton(
        PlanSwitch,
        transact=quiet_transact,
        providers=configured_providers,
        active_provider=active_provider,
        clock=clock,
        list_templates=list_templates,
        template_price=settings.provided.template_price,
    )
    watch_providers = providers.Singleton(
        WatchProviders,
        transact=quiet_transact,
        traffic=provider_traffic,
        clock=clock,
    )
    retire_provider = providers.Singleton(
        RetireProvider,
        transact=transact,
        providers=configured_providers,
        active_provider=active_provider,
        plan_switch=plan_switch,
        clock=clock,
    )
    backups = providers.Object(backup)
    database_size = providers.Callable(size_of, settings.provided.database_url)
    seed = providers.Callable(
        seed, settings.provided.database_url, provider=settings.provided.whatsapp_driver
    )
    route_replies = providers.Singleton(
        RouteReplies,
        active_provider=active_provider,
        providers=configured_providers,
        status_cache=status_cache,
    )

    read_route = providers.Singleton(
        ReadRoute,
        transact=quiet_transact,
        route_replies=route_replies,
        providers=configured_providers,
    )

    keep_pace = providers.Singleton(
        KeepPace,
        pace=pace,
        providers=configured_providers,
        transact=quiet_transact,
        clock=clock,
        chance=providers.Object(random.random),
    )

    # Messages in and out.
    take_in_webhook = providers.Singleton(TakeInWebhook, journal=journal, jobs=jobs, clock=clock)
    take_in_file = providers.Singleton(
        TakeInFile,
        store=media_store,
        types=file_types,
        waveforms=waveforms,
        transact=transact,
        events=events,
    )
    fetch_media = providers.Singleton(
        _fetch_media, transact, configured_providers, take_in_file, metrics, cleanup
    )
    read_media = providers.Singleton(
        ReadMedia, transact=quiet_transact, store=media_store, thumbnails=thumbnails
    )
    upload_media = providers.Singleton(
        UploadMedia,
        transact=quiet_transact,
        store=media_store,
        types=file_types,
        voice_notes=voice_notes,
        waveforms=waveforms,
        read_route=read_route,
        clock=clock,
    )
    sweep_media = providers.Singleton(
        SweepMedia, transact=quiet_transact, store=media_store, jobs=jobs, clock=clock
    )
    hold_channels = providers.Singleton(
        HoldChannels, holds=channel_holds, providers=configured_providers, clock=clock
    )
    heed_refusals = providers.Singleton(
        HeedRefusals,
        providers=configured_providers,
        keep_pace=keep_pace,
        hold_channels=hold_channels,
        metrics=metrics,
    )
    receive_messages = providers.Singleton(
        ReceiveMessages,
        transact=transact,
        providers=configured_providers,
        fetch_media=fetch_media,
        jobs=jobs,
        events=events,
        heed_refusals=heed_refusals,
        list_templates=list_templates,
        pairing_codes=pairing_codes,
        clock=clock,
        metrics=metrics,
        rules=business_rules,
    )
    audit_ledger = providers.Singleton(AuditLedger, journals=journal_counts, reader=ledger_reader)
    read_account = providers.Singleton(ReadAccount, reader=ledger_reader)
    replay_bodies = providers.Singleton(
        ReplayBodies,
        reader=ledger_reader,
        receive_messages=receive_messages,
        transact=quiet_transact,
        clock=clock,
    )
    seal_ledger = providers.Singleton(
        SealLedger,
        transact=quiet_transact,
        reader=ledger_reader,
        report=providers.Object(_report_seal),
    )
    allowed_now = providers.Singleton(
        AllowedNow, windows=windows, list_templates=list_templates, clock=clock
    )
    reply_to_ticket = providers.Singleton(
        ReplyToTicket,
        transact=transact,
        route_replies=route_replies,
        providers=configured_providers,
        allowed_now=allowed_now,
        jobs=jobs,
        events=events,
        clock=clock,
        random_id=providers.Object(lambda: uuid4().hex),
    )
    release_provider = providers.Singleton(
        ReleaseProvider,
        providers=configured_providers,
        keep_pace=keep_pace,
        hold_channels=hold_channels,
        transact=quiet_transact,
        clock=clock,
    )
    resolve_unknown = providers.Singleton(
        ResolveUnknown, transact=transact, reply_to_ticket=reply_to_ticket, events=events
    )
    discard_message = providers.Singleton(
        DiscardMessage, transact=transact, events=events, clock=clock
    )
    pack_replies = providers.Singleton(
        PackReplies, providers=configured_providers, store=media_store, windows=windows
    )
    deliver_messages = providers.Singleton(
        DeliverMessages,
        transact=transact,
        providers=configured_providers,
        route_replies=route_replies,
        pack_replies=pack_replies,
        hold_channels=hold_channels,
        keep_pace=keep_pace,
        heed_refusals=heed_refusals,
        events=events,
        clock=clock,
        metrics=metrics,
    )
    match_statuses = providers.Singleton(
        MatchStatuses,
        transact=transact,
        heed_refusals=heed_refusals,
        events=events,
        clock=clock,
    )
    match_changes = providers.Singleton(MatchChanges, transact=transact, events=events)

    # Tickets and agents.
    assign_waiting_tickets = providers.Singleton(
        AssignWaitingTickets, transact=transact, events=events, clock=clock
    )
    assign_ticket = providers.Singleton(AssignTicket, transact=transact, events=events, clock=clock)
    close_ticket = providers.Singleton(
        CloseTicket,
        transact=transact,
        assign_waiting_tickets=assign_waiting_tickets,
        events=events,
        clock=clock,
    )
    transfer_ticket = providers.Singleton(
        TransferTicket,
        transact=transact,
        assign_waiting_tickets=assign_waiting_tickets,
        events=events,
        clock=clock,
    )
    take_ticket = providers.Singleton(TakeTicket, transact=transact, events=events, clock=clock)
    reopen_ticket = providers.Singleton(
        ReopenTicket, transact=transact, rules=business_rules, events=events, clock=clock
    )
    classify_ticket = providers.Singleton(ClassifyTicket, transact=transact, events=events)
    note_on_ticket = providers.Singleton(
        NoteOnTicket, transact=transact, events=events, clock=clock
    )
    tell_colleagues = providers.Singleton(
        TellColleagues, transact=transact, events=events, clock=clock
    )
    read_ready_replies = providers.Singleton(ReadReadyReplies, transact=quiet_transact)
    manage_ready_replies = providers.Singleton(
        ManageReadyReplies, transact=quiet_transact, clock=clock
    )
    start_conversation = providers.Singleton(
        StartConversation,
        transact=transact,
        route_replies=route_replies,
        providers=configured_providers,
        allowed_now=allowed_now,
        keep_pace=keep_pace,
        jobs=jobs,
        events=events,
        clock=clock,
        random_id=providers.Object(lambda: uuid4().hex),
        region=settings.provided.phone_region,
    )
    tell_customer = providers.Singleton(
        _tell_customer, quiet_transact, configured_providers, route_replies, clock, cleanup
    )
    mark_read = providers.Singleton(
        MarkTicketRead, transact=transact, tell_customer=tell_customer, events=events
    )
    mark_unread = providers.Singleton(MarkTicketUnread, transact=transact, events=events)
    set_presence = providers.Singleton(
        SetPresence,
        transact=transact,
        assign_waiting_tickets=assign_waiting_tickets,
        events=events,
        clock=clock,
    )
    note_seen = providers.Singleton(NoteSeen, transact=transact, clock=clock)
    read_customers = providers.Singleton(
        ReadCustomers,
        customers=customer_list,
        transact=quiet_transact,
        region=settings.provided.phone_region,
    )
    search_messages = providers.Singleton(
        SearchMessages, messages=message_search, read_customers=read_customers
    )
    edit_customer = providers.Singleton(
        EditCustomer, read_customers=read_customers, transact=transact, events=events, clock=clock
    )
    read_customer_provider = providers.Singleton(
        ReadCustomerProvider,
        transact=quiet_transact,
        read_customers=read_customers,
        route_replies=route_replies,
    )
    pin_customer = providers.Singleton(
        PinCustomer,
        transact=transact,
        read_customers=read_customers,
        route_replies=route_replies,
        events=events,
        clock=clock,
    )
    merge_customers = providers.Singleton(
        MergeCustomers, transact=transact, events=events, clock=clock
    )
    unmerge_customers = providers.Singleton(
        UnmergeCustomers, transact=transact, events=events, clock=clock
    )
    export_customer = providers.Singleton(
        ExportCustomer,
        read_customers=read_customers,
        inbox=inbox,
        transact=quiet_transact,
        clock=clock,
    )
    erase_customer = providers.Singleton(
        EraseCustomer, transact=transact, store=media_store, events=events, clock=clock
    )
    read_inbox = providers.Singleton(ReadInbox, inbox=inbox, windows=windows, rules=business_rules)
    read_delays = providers.Singleton(ReadDelays, transact=quiet_transact)
    check_password = providers.Singleton(
        CheckPassword,
        transact=transact,
        passwords=passwords,
        clock=clock,
        wait=providers.Object(asyncio.sleep),
    )
    change_own_password = providers.Singleton(
        ChangeOwnPassword, transact=transact, check_password=check_password, passwords=passwords
    )
    sessions = providers.Singleton(Sessions, transact=transact, clock=clock)
    check_code = providers.Singleton(
        CheckCode, transact=transact, codes=one_time_codes, clock=clock
    )
    manage_two_step = providers.Singleton(
        ManageTwoStep,
        transact=transact,
        check_password=check_password,
        check_code=check_code,
        codes=one_time_codes,
        clock=clock,
    )
    reset_two_step = providers.Singleton(ResetTwoStep, transact=transact, clock=clock)
    sign_in = providers.Singleton(
        SignIn,
        transact=transact,
        check_password=check_password,
        check_code=check_code,
        clock=clock,
        random_token=providers.Object(secrets.token_urlsafe),
    )
    sign_out = providers.Singleton(SignOut, transact=transact)
    who_is = providers.Singleton(WhoIs, transact=transact, rules=business_rules, clock=clock)
    add_agent = providers.Singleton(
        AddAgent, transact=transact, passwords=passwords, events=events, clock=clock
    )
    list_agents = providers.Singleton(ListAgents, transact=transact)
    read_figures = providers.Singleton(
        ReadFigures, figures=figures, list_agents=list_agents, rules=business_rules
    )
    read_board = providers.Singleton(
        ReadBoard, workload=workload, figures=figures, list_agents=list_agents, clock=clock
    )
    issue_token = providers.Singleton(
        IssueToken,
        transact=transact,
        clock=clock,
        random_token=providers.Object(secrets.token_urlsafe),
    )
    change_agent = providers.Singleton(ChangeAgent, transact=transact, events=events, clock=clock)
    reset_password = providers.Singleton(
        ResetPassword, transact=transact, passwords=passwords, clock=clock
    )
    manage_branches = providers.Singleton(ManageBranches, transact=transact, clock=clock)
    read_audit = providers.Singleton(ReadAudit, transact=quiet_transact)

    # The provider itself.
    read_provider_status = providers.Singleton(
        ReadProviderStatus,
        transact=quiet_transact,
        clock=clock,
        active_provider=active_provider,
        providers=configured_providers,
        status_cache=status_cache,
        keep_pace=keep_pace,
    )
    refresh_provider_status = providers.Singleton(
        RefreshProviderStatus,
        transact=transact,
        providers=configured_providers,
        status_cache=status_cache,
        hold_channels=hold_channels,
        keep_pace=keep_pace,
        events=events,
        clock=clock,
        report=providers.Object(_report_status),
    )
    read_qr_code = providers.Singleton(
        ReadQrCode, active_provider=active_provider, providers=configured_providers
    )
    pair_by_code = providers.Singleton(
        PairByCode,
        active_provider=active_provider,
        providers=configured_providers,
        pairing_codes=pairing_codes,
        transact=transact,
        clock=clock,
        region=settings.provided.phone_region,
    )

    recover_missed = providers.Singleton(
        RecoverMissed,
        providers=configured_providers,
        status_cache=status_cache,
        journal=journal,
        jobs=jobs,
        transact=quiet_transact,
        clock=clock,
        report=providers.Object(_report_pass),
    )

    read_metrics = providers.Singleton(
        ReadMetrics,
        journal=journal,
        jobs=jobs,
        workload=workload,
        providers=configured_providers,
        status_cache=status_cache,
        active_provider=active_provider,
        keep_pace=keep_pace,
        clock=clock,
    )

    # The sweeps. Seconds between two runs of each.
    sweep_journal = providers.Singleton(
        SweepJournal, journal=journal, jobs=jobs, transact=quiet_transact, clock=clock
    )
    automatic_sender = providers.Singleton(
        AutomaticSender,
        route_replies=route_replies,
        allowed_now=allowed_now,
        jobs=jobs,
        events=events,
        clock=clock,
        random_id=providers.Object(lambda: uuid4().hex),
    )
    housekeeping = providers.Singleton(
        Housekeeping,
        report=providers.Callable(_sweep_report, metrics),
        sweeps=providers.Callable(
            _sweeps,
            deliveries=providers.List(
                providers.Singleton(SweepDeliveries, transact=quiet_transact, jobs=jobs), 1
            ),
            expired=providers.List(
                providers.Singleton(LoseTrackOfExpired, transact=transact, events=events), 5
            ),
            events=providers.List(announce_events.provided.sweep, 1),
            statuses=providers.List(
                providers.Singleton(
                    SweepStatuses,
                    transact=quiet_transact,
                    match_statuses=match_statuses,
                    clock=clock,
                ),
                10,
            ),
            changes=providers.List(
                providers.Singleton(
                    SweepChanges, transact=quiet_transact, match_changes=match_changes, clock=clock
                ),
                5,
            ),
            # So that what is shown of tickets here speaks of the right provider.
            active=providers.List(active_provider, 1),
            rules=providers.List(business_rules, 1),
            delays=providers.List(
                providers.Singleton(
                    WatchDelays,
                    transact=transact,
                    rules=business_rules,
                    events=events,
                    clock=clock,
                ),
                1,
            ),
            waiting=providers.List(assign_waiting_tickets, 2),
            silent=providers.List(
                providers.Singleton(
                    SendSilentAgentsOffline,
                    transact=transact,
                    rules=business_rules,
                    events=events,
                    clock=clock,
                ),
                15,
            ),
            abandoned=providers.List(
                providers.Singleton(
                    ReleaseTickets,
                    transact=transact,
                    rules=business_rules,
                    assign_waiting_tickets=assign_waiting_tickets,
                    events=events,
                    clock=clock,
                ),
                5,
            ),
            automatic=providers.List(
                providers.Singleton(
                    AnswerAutomatically,
                    transact=transact,
                    rules=business_rules,
                    automatic_sender=automatic_sender,
                    clock=clock,
                ),
                1,
            ),
            ratings=providers.List(
                providers.Singleton(
                    AskForRatings,
                    transact=transact,
                    rules=business_rules,
                    automatic_sender=automatic_sender,
                    clock=clock,
                ),
                5,
            ),
            bodies=providers.List(
                providers.Singleton(
                    SweepBodies,
                    transact=quiet_transact,
                    clock=clock,
                    keep=settings.provided.keep_bodies,
                ),
                600,
            ),
            old_messages=providers.List(
                providers.Singleton(
                    SweepMessages,
                    transact=quiet_transact,
                    store=media_store,
                    clock=clock,
                    keep=settings.provided.keep_messages,
                ),
                3600,
            ),
            old_media=providers.List(
                providers.Singleton(
                    SweepOldMedia,
                    transact=quiet_transact,
                    store=media_store,
                    clock=clock,
                    keep=settings.provided.keep_media,
                ),
                3600,
            ),
            seal=providers.List(seal_ledger, 600),
            identities=providers.List(
                providers.Singleton(
                    LookUpIdentities,
                    transact=quiet_transact,
                    learn_identities=learn_identities,
                    clock=clock,
                ),
                2,
            ),
            former_identities=providers.List(
                providers.Singleton(ForgetFormerIdentities, transact=quiet_transact, clock=clock),
                3600,
            ),
            attempts=providers.List(
                providers.Singleton(ForgetAttempts, transact=quiet_transact, clock=clock), 3600
            ),
            media=providers.List(sweep_media, 1),
            unsent_media=providers.List(sweep_media.provided.forget_unsent, 600),
            sessions=providers.List(
                providers.Singleton(
                    KeepSessions,
                    providers=configured_providers,
                    active_provider=active_provider,
                    pairing_codes=pairing_codes,
                ),
                1,
            ),
            status=providers.List(refresh_provider_status, 5),
            templates=providers.List(list_templates.provided.refresh, 15),
        ),
    )
    alert_administrators = providers.Singleton(
        AlertAdministrators,
        channels=providers.Callable(_alert_channels, settings),
        active_provider=active_provider,
        status_cache=status_cache,
        journal=journal,
        audit_ledger=audit_ledger,
        disk=providers.Singleton(Folders, settings.provided.data_dir, settings.provided.media_dir),
        host=providers.Object(socket.gethostname()),
        clock=clock,
    )
    # Work for each message that can wait: not beside filing, which would wait for it.
    patient_housekeeping = providers.Singleton(
        Housekeeping,
        report=providers.Callable(_sweep_report, metrics),
        sweeps=providers.Callable(
            _sweeps,
            texts=providers.List(
                providers.Singleton(FoldMessages, transact=quiet_transact, clock=clock), 1
            ),
        ),
    )

    journal_housekeeping = providers.Singleton(
        Housekeeping,
        report=providers.Callable(_sweep_report, metrics),
        sweeps=providers.Callable(
            _sweeps,
            journal=providers.List(sweep_journal, 1),
            # By who takes webhooks in: it knows its own journal and disk.
            alerts=providers.List(alert_administrators, 30),
            ledger=providers.List(alert_administrators.provided.audit, 3600),
            # So that the webhooks of a provider that is retired are refused here, too.
            active=providers.List(active_provider, 1),
        ),
    )

    health: providers.Selector[Health] = providers.Selector(
        settings.provided.storage,
        memory=providers.Singleton(MemoryHealth),
        sql=providers.Singleton(_health, engine, redis, journal),
    )


def build_container(settings: Settings) -> Container:
    """Return the container of a process that was told *settings*."""
    return Container(settings=providers.Object(settings))
